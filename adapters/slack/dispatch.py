"""Seven Bolt listeners, one table of routes; the same for HTTP and Socket Mode.

Bolt tries its listeners one after the other, so each further one costs every request. Here it has
one per kind of payload, and the rest is a look-up. A request is acknowledged when its route has
returned, that is, after the commit.
"""

import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters import metrics
from adapters.slack import parse
from adapters.slack.api import API, SILENT, Failed
from adapters.slack.parse import COMMAND, JSON, PLATFORM
from adapters.slack.reply import Replies, done
from adapters.slack.tokens import Authorized, Tokens
from bot.actions import Action
from bot.delivery import Revoked
from bot.heard import Heard
from bot.ports import Unavailable

log = structlog.get_logger()

Route: TypeAlias = Callable[[JSON], Awaitable[BoltResponse]]

EVENTS: dict[str, Callable[[JSON], Heard | None]] = {
    "message": parse.said,
    "app_mention": parse.mentioned,
    "app_home_opened": parse.opened,
    "member_joined_channel": parse.joined,
    "member_left_channel": parse.left,
    "channel_left": parse.left,
    "group_left": parse.left,
    "reaction_added": parse.reacted,
    "reaction_removed": parse.reacted,
}
COMMANDS = (COMMAND,)
MESSAGE_SHORTCUTS = (Action.NEED_FROM_MESSAGE,)
GLOBAL_SHORTCUTS = (Action.NEED_START,)
ENDINGS = ("app_uninstalled", "tokens_revoked", "team_access_revoked")
_ANY = re.compile("")
_KINDS = {"block_actions": "action", "view_submission": "view", "message_action": "message"}
"""How the table calls what payloads call otherwise."""


def table(replies: Replies) -> dict[str, Route]:
    """Return all routes: kind, colon, name; a star stands for every other name."""
    events = {f"event:{name}": partial(replies.event, hear=hear) for name, hear in EVENTS.items()}
    return {
        **events,
        **{f"event:{name}": replies.removed for name in ENDINGS},
        "event:user_change": replies.person_changed,
        "event:channel_rename": replies.channel_renamed,
        "action:*": replies.pressed,
        "command:*": replies.command,
        "view:*": replies.submitted,
        **{f"shortcut:{name}": replies.shortcut for name in GLOBAL_SHORTCUTS},
        **{f"message:{name}": replies.from_message for name in MESSAGE_SHORTCUTS},
    }


class Dispatcher:
    """Lead a parsed payload through Bolt to its route."""

    def __init__(self, replies: Replies, tokens: Tokens, api: API, *, secret: str) -> None:
        """Build Bolt's app around the table; call inside the running loop."""
        self._routes = table(replies)
        self._tokens = tokens
        bolt = AsyncApp(
            name="groundswell",
            logger=SILENT,
            signing_secret=secret,
            client=api.client,
            authorize=_Known(),  # type: ignore[no-untyped-call] # its base is not typed
            process_before_response=True,
        )
        self._listen(bolt)
        bolt.error(_choked)
        self.bolt = bolt

    def _listen(self, bolt: AsyncApp) -> None:
        """Register the only listeners, the most frequent kind first."""
        bolt.action(_ANY)(self._on("action", parse.action_word))
        bolt.event(_ANY)(self._on("event", parse.event_type))
        bolt.command(_ANY)(self._on("command", lambda body: str(body["command"])))
        bolt.view(_ANY)(self._on("view", parse.callback))
        bolt.shortcut(_ANY)(self._on("shortcut", parse.callback))
        bolt.options(_ANY)(self._on("options", parse.callback))
        bolt.view_closed(_ANY)(self._on("view_closed", parse.callback))

    async def dispatch(self, body: JSON, headers: Mapping[str, str]) -> BoltResponse:
        """Handle one payload; the status is 200, 400 for a shape Bolt cannot read, or 50x."""
        kind = parse.kind_of(body)
        if parse.foreign(body):
            metrics.unrouted.labels(PLATFORM, "foreign").inc()
            return done({"options": []} if kind == "block_suggestion" else None)
        try:
            who = await self._who(body, kind)
        except (Failed, Unavailable) as error:
            return await self._unknown(body, kind, error)
        if who is None:
            metrics.refused.labels(PLATFORM, "not_installed").inc()
            return done()
        try:
            request = AsyncBoltRequest(
                mode="socket_mode", body=body, headers=dict(headers), context={"who": who}
            )
        except (AttributeError, KeyError, TypeError, ValueError, IndexError):
            metrics.refused.labels(PLATFORM, "malformed").inc()
            return done(status=400)
        return await self.bolt.async_dispatch(request)

    async def _who(self, body: JSON, kind: str) -> Authorized | None:
        workspace = parse.workspace_of(body)
        if kind == "event" and parse.event_type(body) in ENDINGS:
            return Authorized(workspace=workspace, token="")
        return await self._tokens.authorized(workspace)

    async def _unknown(self, body: JSON, kind: str, error: Exception) -> BoltResponse:
        """Answer while nobody can say who we are in that workspace."""
        revoked = isinstance(error, Failed) and isinstance(error.outcome, Revoked)
        log.warning("slack workspace not authorized", kind=kind, error=type(error).__name__)
        if kind == "event":
            return done(status=200 if revoked else 503)
        if revoked:
            return done()
        # Slack does not repeat these. The route answers in the reply, for which it needs no token:
        # an empty one would close a dialog with all that was typed.
        return await self._routed(_KINDS.get(kind, kind), parse.callback(body), body)

    def _on(self, kind: str, name_of: Callable[[JSON], str]) -> Route:
        async def on(body: JSON) -> BoltResponse:
            actual = "message" if body.get("type") == "message_action" else kind
            return await self._routed(actual, name_of(body), body)

        return on

    async def _routed(self, kind: str, name: str, body: JSON) -> BoltResponse:
        route = self._routes.get(f"{kind}:{name}") or self._routes.get(f"{kind}:*")
        if route is None:
            metrics.unrouted.labels(PLATFORM, kind).inc()
            return done({"options": []} if kind == "options" else None)
        try:
            return await route(body)
        except Unavailable:
            log.warning("slack not stored", kind=kind)
            return done(status=503)
        except Exception as error:  # noqa: BLE001 - Slack repeats events that met a defect
            number = uuid.uuid4().hex[:12]
            name = type(error).__name__
            log.error("slack request failed", kind=kind, error=name, correlation=number)  # noqa: TRY400 - a traceback may quote words
            return done(status=500)


class _Known(AsyncAuthorize):
    """Tell Bolt what we know already: authorisation is cached before it is asked."""

    async def __call__(self, *, context: AsyncBoltContext, **_: str | None) -> AuthorizeResult:
        """Return who we are in the workspace of this request."""
        who: Authorized = context["who"]
        return AuthorizeResult(
            enterprise_id=context.enterprise_id,
            team_id=context.team_id,
            bot_id=who.bot_id,
            bot_user_id=who.bot_user,
            bot_token=who.token,
        )


async def _choked(error: Exception) -> BoltResponse:
    """Answer a payload that Bolt itself could not read; routes never raise."""
    metrics.refused.labels(PLATFORM, "malformed").inc()
    log.warning("slack payload not readable", error=type(error).__name__)
    return done(status=400)


def shown(response: BoltResponse) -> dict[str, Any] | None:
    """Return what a response shows, for the envelope of Socket Mode."""
    if not response.body:
        return None
    found = json.loads(response.body)
    return found if isinstance(found, dict) else None
