"""The way out: one outgoing copy, one outcome.

Nothing is repeated here but what cannot be seen twice: a call that Slack refused for its expired
token, and a post whose remembered conversation no longer exists.
"""

from typing import Any

import structlog

from adapters.slack import parse, render
from adapters.slack.api import API, Failed
from adapters.slack.limits import Pace
from adapters.slack.parse import PLATFORM, Ids
from adapters.slack.tokens import Authorized, Tokens
from bot.delivery import (
    Defect,
    Delivered,
    Found,
    Op,
    Outcome,
    Outgoing,
    RateLimited,
    Refused,
    Revoked,
)
from bot.heard import MessageRef, Profile
from bot.messages import Card, ToChannel, ToPerson

log = structlog.get_logger()

JSON = dict[str, Any]
_PEOPLE = ("U", "W")
_QUIET = {"unfurl_links": False, "unfurl_media": False, "mrkdwn": False}
"""No previews of linked pages, and no formatting of words that people wrote."""


class Sender:
    """Slack's way out; implements ``adapters.outbox.Sender``."""

    def __init__(self, api: API, tokens: Tokens, pace: Pace, *, key: bytes) -> None:
        """Take what a call needs, and the key that signs the buttons."""
        self._api = api
        self._tokens = tokens
        self._pace = pace
        self._key = key

    @property
    def platform(self) -> str:
        """Return the first word of Slack's ids."""
        return PLATFORM

    async def send(self, item: Outgoing) -> Outcome:
        """Do what ``item`` asks; every answer of Slack becomes one outcome."""
        try:
            return await self._done(item)
        except Failed as failed:
            if isinstance(failed.outcome, Refused | Defect | Revoked):
                log.warning("slack refused", row=item.id, op=item.op, code=failed.code)
            return failed.outcome
        except Exception as error:  # noqa: BLE001 - a renderer may fail in any way; never the relay
            # No traceback: it may quote what people wrote.
            name = type(error).__name__
            log.error("slack send failed", row=item.id, op=item.op, error=name)  # noqa: TRY400
            return Defect(reason=name)

    async def close(self) -> None:
        """Close connections."""
        await self._api.close()

    async def _done(self, item: Outgoing) -> Outcome:
        match item.op:
            case Op.POST:
                return await self._post(item)
            case Op.UPDATE:
                return await self._update(item)
            case Op.HOME:
                return await self._home(item)
            case Op.LOOKUP:
                return await self._lookup(item)

    async def _post(self, item: Outgoing) -> Outcome:
        content = render.message(_card(item), key=self._key) | _QUIET
        if isinstance(item.to, ToChannel):
            place = parse.decode(item.to.channel)
            if place.place.startswith(_PEOPLE):
                # Slack would deliver this into somebody's conversation with Slackbot.
                return Defect(reason="a person is not a channel")
            if item.to.thread:
                content["thread_ts"] = item.to.thread
            return await self._posted(place, place.place, content)
        person = parse.decode(item.to.account)
        known = item.route if item.route and not item.route.startswith(_PEOPLE) else ""
        if known:
            try:
                return await self._posted(person, known, content)
            except Failed as failed:
                if failed.code != "channel_not_found":
                    raise
        channel = await self._conversation(person)
        return await self._posted(person, channel, content, route=channel)

    async def _posted(self, who: Ids, channel: str, content: JSON, route: str = "") -> Delivered:
        args = {"channel": channel, **content}
        answer = await self._call(who.workspace, "chat.postMessage", args, channel)
        ref = parse.encode(who.workspace, str(answer["channel"]), str(answer["ts"]))
        return Delivered(message=MessageRef(ref), route=route)

    async def _conversation(self, person: Ids) -> str:
        answer = await self._call(person.workspace, "conversations.open", {"users": person.place})
        return str(answer["channel"]["id"])

    async def _update(self, item: Outgoing) -> Outcome:
        content = render.message(_card(item), key=self._key)
        message = parse.decode(item.message)
        args = {"channel": message.place, "ts": message.ts, **content}
        await self._call(message.workspace, "chat.update", args)
        return Delivered(message=item.message)

    async def _home(self, item: Outgoing) -> Outcome:
        if not isinstance(item.to, ToPerson):
            return Defect(reason="a channel has no home")
        person = parse.decode(item.to.account)
        view = render.home(_card(item), key=self._key)
        await self._call(person.workspace, "views.publish", {"user_id": person.place, "view": view})
        return Delivered()

    async def _lookup(self, item: Outgoing) -> Outcome:
        if isinstance(item.to, ToChannel):
            place = parse.decode(item.to.channel)
            answer = await self._call(
                place.workspace, "conversations.info", {"channel": place.place}, form=True
            )
            name = str(answer["channel"].get("name") or "")
            return Found(profile=Profile(), channel_name=name)
        person = parse.decode(item.to.account)
        args = {"user": person.place, "include_locale": "true"}
        answer = await self._call(person.workspace, "users.info", args, form=True)
        return Found(profile=profile_of(answer["user"]))

    async def _call(
        self, workspace: str, method: str, args: JSON, channel: str = "", *, form: bool = False
    ) -> JSON:
        """Call in turn, and once more with another token if Slack refused an expired one."""
        who = await self._tokens.authorized(workspace)
        if who is None:
            raise Failed(Revoked(reason="not_installed"), "not_installed")
        try:
            return await self._once(who, method, args, channel, form=form)
        except Failed as failed:
            if not isinstance(failed.outcome, Revoked):
                raise
            other = await self._tokens.renewed(who, failed.code)
            if other is None:
                raise
        return await self._once(other, method, args, channel, form=form)

    async def _once(
        self, who: Authorized, method: str, args: JSON, channel: str, *, form: bool
    ) -> JSON:
        self._go_on(who.workspace, method)
        await self._pace.turn(who.workspace, method, channel)
        self._go_on(who.workspace, method)
        try:
            return await self._api.call(method, args, token=who.token, form=form)
        except Failed as failed:
            if isinstance(failed.outcome, RateLimited):
                self._pace.pause(who.workspace, method, failed.outcome.after)
            raise

    def _go_on(self, workspace: str, method: str) -> None:
        """Stop a call during a pause: of all that waited, only one shall meet the refusal."""
        left = self._pace.paused(workspace, method)
        if left > 0:
            raise Failed(RateLimited(after=left), "paused")


def profile_of(user: JSON) -> Profile:
    """Read a member as ``users.info`` shows it; an address only where Slack confirmed it."""
    shown = user.get("profile")
    profile: JSON = shown if isinstance(shown, dict) else {}
    confirmed = user.get("is_email_confirmed", True) is True
    name = user.get("real_name") or profile.get("real_name") or user.get("name") or ""
    return Profile(
        name=str(name),
        email=str(profile.get("email") or "") if confirmed else "",
        zone=str(user.get("tz") or ""),
        locale=str(user.get("locale") or ""),
        is_bot=bool(user.get("is_bot")),
        gone=bool(user.get("deleted")),
    )


def _card(item: Outgoing) -> Card:
    if item.card is None:
        raise ValueError("a message needs a card")
    return item.card
