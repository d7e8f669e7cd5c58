"""The saved route: how to reach a conversation again, as every event tells it anew.

A route is small JSON, opaque to the core. Service addresses change, so the newest one wins: the
core keeps the route of the last event with the account or channel, and ``Atlas`` remembers the
newest of this process for people met only in channels.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from adapters.teams import ids
from adapters.teams.text import JSON
from bot.heard import AccountId, Heard
from bot.messages import ToChannel, ToPerson

# Where conversations of the public cloud can be opened when no event has named an address yet.
PUBLIC_CLOUD: Final = "https://smba.trafficmanager.net/teams/"
_REMEMBERED: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a conversation is; ``user`` is the person's id for this bot, ``name`` a channel's."""

    service_url: str = ""
    conversation: str = ""
    tenant: str = ""
    bot: str = ""
    user: str = ""
    name: str = ""

    def dump(self) -> str:
        """Write a route down."""
        known = {key: value for key in _KEYS if (value := getattr(self, key))}
        return json.dumps(known, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, route: str) -> Self:
        """Read a route; what is none, or of another version, is an empty one."""
        try:
            raw = json.loads(route) if route else {}
        except ValueError:
            return cls()
        if not isinstance(raw, dict):
            return cls()
        return cls(**{k: v for k in _KEYS if isinstance(v := raw.get(k), str)})


_KEYS: Final = ("service_url", "conversation", "tenant", "bot", "user", "name")


class Atlas:
    """The newest addresses that events of this process have named; bounded, lost on a restart."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._tenants: dict[str, Route] = {}
        self._people: OrderedDict[AccountId, Route] = OrderedDict()

    def learn(self, event: Heard) -> None:
        """Remember where an event came from."""
        route = Route.load(event.route)
        if not route.service_url:
            return
        self._tenants[route.tenant] = route
        self._people[event.account] = route
        self._people.move_to_end(event.account)
        if len(self._people) > _REMEMBERED:
            self._people.popitem(last=False)

    def to_person(self, to: ToPerson, saved: str, bot: str) -> Route:
        """Return the best way to a person; without conversation if one must be opened."""
        tenant, directory_id = ids.split_account(to.account)
        route = Route.load(saved)
        near = self._people.get(to.account) or self._tenants.get(tenant) or Route()
        own = near if near is self._people.get(to.account) else Route()
        return Route(
            service_url=route.service_url or near.service_url or PUBLIC_CLOUD,
            conversation=route.conversation,
            tenant=tenant,
            bot=route.bot or near.bot or bot,
            user=route.user or own.user or directory_id,
        )

    def to_channel(self, to: ToChannel, saved: str, bot: str) -> Route:
        """Return the way to a channel or a thread in it."""
        tenant, conversation = ids.split_channel(to.channel)
        route = Route.load(saved)
        near = self._tenants.get(tenant) or Route()
        return Route(
            service_url=route.service_url or near.service_url or PUBLIC_CLOUD,
            conversation=f"{conversation};messageid={to.thread}" if to.thread else conversation,
            tenant=tenant,
            bot=route.bot or near.bot or bot,
            name=route.name,
        )


def opening(route: Route) -> JSON:
    """Return the request that opens the conversation between a person and the bot."""
    return {
        "bot": {"id": route.bot},
        "isGroup": False,
        "members": [{"id": route.user}],
        "tenantId": route.tenant,
        "channelData": {"tenant": {"id": route.tenant}},
    }


def text_of(raw: Mapping[str, object], *path: str) -> str:
    """Return a text that stands deep in a payload; empty where there is none."""
    here: object = raw
    for key in path:
        here = here.get(key) if isinstance(here, Mapping) else None
    return here if isinstance(here, str) else ""


def route_of(raw: Mapping[str, object], tenant: str) -> Route:
    """Read the way back from an activity."""
    return Route(
        service_url=text_of(raw, "serviceUrl"),
        conversation=ids.without_thread(text_of(raw, "conversation", "id")),
        tenant=tenant,
        bot=text_of(raw, "recipient", "id"),
        user=text_of(raw, "from", "id"),
        name=text_of(raw, "channelData", "channel", "name") or text_of(raw, "conversation", "name"),
    )
