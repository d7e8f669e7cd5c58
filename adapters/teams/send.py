"""The only network call for messages: one claimed copy in, one outcome out.

Nothing is repeated here except a request with a refreshed token: the relay decides from the
outcome. The connector has no idempotency key, so a post without an answer is not known to be lost.
"""

from collections.abc import Awaitable, Callable
from typing import assert_never

import structlog

from adapters.teams import ids, limits, proactive, render
from adapters.teams.connector import Connector, NoAnswer, NotSent, Reply
from adapters.teams.pace import Pace
from adapters.teams.proactive import Atlas, Route
from adapters.teams.text import JSON, clean
from adapters.teams.tokens import TokenRefused, TokenUnreachable
from adapters.teams.words import ENGLISH, Words
from bot.delivery import (
    Defect,
    Delivered,
    Found,
    Gone,
    Op,
    Outcome,
    Outgoing,
    RateLimited,
    Refused,
    Revoked,
    Unanswered,
    Unreachable,
)
from bot.heard import Heard, Profile
from bot.messages import Card, ToChannel, ToPerson, fit

log = structlog.get_logger()

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
_LOST = frozenset({"ConversationNotFound", "BotNotInConversationRoster"})


class TeamsSender:
    """Implements ``adapters.outbox.Sender`` for Teams."""

    platform = ids.PLATFORM

    def __init__(
        self,
        connector: Connector,
        atlas: Atlas,
        *,
        key: bytes,
        bot: str,
        pace: Pace | None = None,
        words: Callable[[str], Words] = lambda _lang: ENGLISH,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take what to send with; ``bot`` is our id where a route does not name it."""
        self._connector = connector
        self._atlas = atlas
        self._key = key
        self._bot = bot
        self._pace = pace or Pace()
        self._words = words
        self._close = close

    async def send(self, item: Outgoing) -> Outcome:
        """Do what ``item`` asks; map every answer to one outcome."""
        try:
            return await self._send(item)
        except NotSent as error:
            return Unreachable(reason=str(error))
        except NoAnswer as error:
            return Unanswered(reason=str(error))
        except TokenUnreachable as error:
            return Unreachable(reason=f"no token: {error}")
        except TokenRefused as error:
            return Revoked(reason=str(error)[:300])
        except ids.WrongId as error:
            return Defect(reason=str(error))

    async def show(self, event: Heard, content: JSON, summary: str) -> Outcome:
        """Show a card in the direct conversation an event came from.

        Only for what an invoke would have answered, to clients that cannot invoke.
        """
        item = Outgoing(
            id=0, op=Op.POST, to=ToPerson(account=event.account), card=None, route=event.route
        )
        try:
            route = self._route(item)
            reply = await self._written(route, _message(content, summary))
            return self._posted(item, route, reply)
        except (NotSent, NoAnswer, TokenUnreachable, TokenRefused) as error:
            return Unanswered(reason=type(error).__name__)

    async def close(self) -> None:
        """Close the connections, once the relay needs them no more."""
        if self._close is not None:
            await self._close()

    async def _send(self, item: Outgoing) -> Outcome:
        match item.op:
            case Op.POST:
                return await self._post(item)
            case Op.UPDATE:
                return await self._update(item)
            case Op.LOOKUP:
                return await self._lookup(item)
            case Op.HOME:
                return Refused(reason="Teams has no home surface for this bot")
        assert_never(item.op)

    async def _post(self, item: Outgoing) -> Outcome:
        route = self._route(item)
        body = self._body(item.card)
        if body is None:
            return Defect(reason="the card could not be drawn within the size of a message")
        if not route.conversation:
            return await self._open_and_post(item, route, body)
        if wait := await self._pace.turn(route.tenant, route.conversation):
            return RateLimited(after=wait)
        reply = await self._written(route, body)
        if _lost(reply) and isinstance(item.to, ToPerson) and item.attempt > 0:
            return await self._open_and_post(item, route, body)
        return self._posted(item, route, reply)

    async def _open_and_post(self, item: Outgoing, route: Route, body: JSON) -> Outcome:
        """Open the conversation, then write: the new route is worth keeping."""
        if wait := await self._pace.turn(route.tenant):
            return RateLimited(after=wait)
        try:
            opened = await self._connector.create(route.service_url, proactive.opening(route))
        except NoAnswer as error:
            # Opening twice opens one conversation: this is safe to repeat, unlike a post.
            return Unreachable(reason=f"opening: {error}")
        conversation = str(opened.body.get("id") or "")
        if not opened.ok:
            return _outcome(item, opened, repeatable=True)
        if not conversation:
            return Refused(reason="the connector named no conversation")
        new = Route(
            service_url=self._service_url(opened, route),
            conversation=conversation,
            tenant=route.tenant,
            bot=route.bot,
            user=route.user,
        )
        if wait := await self._pace.turn(new.tenant, new.conversation):
            return RateLimited(after=wait)
        return self._posted(item, new, await self._written(new, body), learned=True)

    def _service_url(self, opened: Reply, route: Route) -> str:
        named = opened.body.get("serviceUrl")
        return named if isinstance(named, str) and named else route.service_url

    async def _written(self, route: Route, body: JSON) -> Reply:
        return await self._connector.post(
            route.service_url, route.conversation, _addressed(body, route)
        )

    def _posted(
        self, item: Outgoing, route: Route, reply: Reply, *, learned: bool = False
    ) -> Outcome:
        if not reply.ok:
            return _outcome(item, reply)
        activity = str(reply.body.get("id") or "")
        return Delivered(
            message=ids.message_ref(route.tenant, route.conversation, activity or "unnamed"),
            route=route.dump() if learned else "",
        )

    async def _update(self, item: Outgoing) -> Outcome:
        tenant, conversation, activity = ids.split_message(item.message)
        route = self._route(item)
        body = self._body(item.card)
        if body is None:
            return Defect(reason="the card could not be drawn within the size of a message")
        if wait := await self._pace.turn(tenant, conversation):
            return RateLimited(after=wait)
        target = Route(
            service_url=route.service_url, conversation=conversation, tenant=tenant, bot=route.bot
        )
        reply = await self._connector.put(
            route.service_url, conversation, activity, _addressed(body, target)
        )
        if reply.ok:
            return Delivered(message=item.message)
        return _outcome(item, reply, repeatable=True)

    async def _lookup(self, item: Outgoing) -> Outcome:
        route = self._route(item)
        if isinstance(item.to, ToChannel):
            return Found(profile=Profile(), channel_name=route.name)
        if not route.conversation:
            return Refused(reason="nothing is known of this person before the first conversation")
        if wait := await self._pace.turn(route.tenant):
            return RateLimited(after=wait)
        reply = await self._connector.member(route.service_url, route.conversation, route.user)
        if reply.ok:
            return Found(profile=_profile(reply.body, route.tenant))
        if reply.status == 404:  # noqa: PLR2004 - HTTP's own number
            return Found(profile=Profile(gone=True))
        return _outcome(item, reply, repeatable=True)

    def _route(self, item: Outgoing) -> Route:
        match item.to:
            case ToPerson():
                return self._atlas.to_person(item.to, item.route, self._bot)
            case ToChannel():
                return self._atlas.to_channel(item.to, item.route, self._bot)
        assert_never(item.to)

    def _body(self, card: Card | None) -> JSON | None:
        """Draw the message; None if even the smallest drawing is too large."""
        if card is None:
            return None
        drawn = render.drawn(card, key=self._key, words=self._words(card.lang))
        if drawn.left_out:
            log.warning("teams.parts_left_out", card=card.name, left_out=drawn.left_out)
        body = _message(drawn.content, card.summary)
        return body if render.size(body) <= limits.MESSAGE_BYTES else None


def _message(content: JSON, summary: str) -> JSON:
    return {
        "type": "message",
        "summary": fit(clean(summary), limits.SUMMARY),
        "attachments": [{"contentType": ADAPTIVE_CARD, "content": content}],
    }


def _addressed(body: JSON, route: Route) -> JSON:
    sender = {"from": {"id": route.bot}} if route.bot else {}
    return {**body, **sender, "conversation": {"id": route.conversation}}


def _lost(reply: Reply) -> bool:
    return reply.status == 404 or (  # noqa: PLR2004 - HTTP's own numbers
        reply.status == 403 and reply.code in _LOST  # noqa: PLR2004
    )


def _outcome(  # noqa: PLR0911 - one return per answer reads as the table that it is
    item: Outgoing, reply: Reply, *, repeatable: bool = False
) -> Outcome:
    """Map a refusal (the reference's table); ``repeatable`` calls may simply be made again."""
    reason = reply.code or f"status {reply.status}"
    match reply.status:
        case 401:
            return Revoked(reason=f"the connector refuses our token: {reason}")
        case 412 | 429:
            after = limits.DEFAULT_RETRY_AFTER if reply.retry_after is None else reply.retry_after
            return RateLimited(after=after)
        case 413:
            return Defect(reason="the message is too large")
        case 408 | 500 | 502 | 503 | 504:
            return _unclear(item, reason, repeatable=repeatable)
        case 403 | 404:
            return _gone(item, reply, reason)
        case status if status >= 500:  # noqa: PLR2004 - HTTP's own number
            return _unclear(item, reason, repeatable=repeatable)
        case _:
            return Refused(reason=reason)


def _unclear(item: Outgoing, reason: str, *, repeatable: bool) -> Outcome:
    """Tell a lost answer from a call that can be repeated: opening a conversation is one."""
    if repeatable and item.op is Op.POST:
        return Unreachable(reason=f"opening: {reason}")
    return Unanswered(reason=reason)


def _gone(item: Outgoing, reply: Reply, reason: str) -> Outcome:
    """Teams says "not found" and "blocked" by mistake now and then: believe the second time."""
    if item.attempt == 0:
        return Unreachable(reason=reason)
    if item.op is not Op.POST and reply.status == 404:  # noqa: PLR2004 - HTTP's own number
        return Refused(reason=reason)  # the message was deleted; the person is still there
    return Gone(reason=reason)


def _profile(member: JSON, tenant: str) -> Profile:
    """Read who somebody is; only the home tenant vouches for an address."""
    principal = str(member.get("userPrincipalName") or "")
    mail = str(member.get("email") or principal)
    role = str(member.get("userRole") or "").lower()
    home = str(member.get("tenantId") or tenant).lower() == tenant
    foreign = not home or "#ext#" in principal.lower() or role in {"guest", "anonymous"}
    return Profile(
        name=str(member.get("name") or ""),
        email="" if foreign or "@" not in mail else mail,
        is_bot=role == "bot",
    )
