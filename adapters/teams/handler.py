"""One turn: the SDK tells which kind it is, ``parse`` reads it, the core hears it.

Every method that the SDK would answer by itself is overridden: its roster calls for added members,
its typed invoke replies that cannot hold a text, and its 501 for what it does not know.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler

from adapters import metrics
from adapters.teams import ids, parse
from adapters.teams.answers import Answering
from bot.heard import Heard, Pressed, Submitted
from bot.messages import Answer, Card, Dialog

log = structlog.get_logger()

PRESS: Final = "adaptiveCard/action"
TASKS: Final = frozenset({"task/fetch", "task/submit"})
# What is counted by name; everything else is "other", so that a sender cannot flood the counters.
_NAMED: Final = frozenset(
    {
        *("message", "messageUpdate", "messageDelete", "messageReaction", "conversationUpdate"),
        *("installationUpdate", "event", "typing", "endOfConversation", "invoke"),
        *("composeExtension/query", "composeExtension/fetchTask", "composeExtension/queryLink"),
        *("composeExtension/submitAction", "signin/verifyState", "signin/tokenExchange"),
        *("fileConsent/invoke", "tab/fetch", "tab/submit", "message/submitAction"),
    }
)


class Turn(TeamsActivityHandler):  # type: ignore[misc] # the SDK publishes no types
    """Handles one activity; made anew for each."""

    def __init__(
        self,
        raw: Mapping[str, Any],
        *,
        key: bytes,
        hear: Callable[[Heard], Awaitable[Answer]],
        apology: Callable[[Heard], Card],
        answering: Answering,
    ) -> None:
        """Take the activity as it came, beside which the SDK's model is only a signpost."""
        super().__init__()
        self._raw = raw
        self._key = key
        self._hear = hear
        self._apology = apology
        self._answering = answering
        self.heard: tuple[Heard, Answer] | None = None

    async def on_message_activity(self, turn_context: TurnContext) -> None:  # noqa: ARG002 - theirs
        """Hear words, or a button of an old client."""
        await self._event(parse.message(self._raw, self._key))

    async def on_message_reaction_activity(self, turn_context: TurnContext) -> None:  # noqa: ARG002
        """Hear an emoji."""
        await self._event(parse.reaction(self._raw))

    async def on_installation_update(self, turn_context: TurnContext) -> None:  # noqa: ARG002
        """Hear that the app was added or removed."""
        await self._event(parse.installation(self._raw))

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:  # noqa: ARG002
        """Hear that the bot came or went; the SDK would ask the roster for each new member."""
        await self._event(parse.membership(self._raw))

    async def on_message_update_activity(self, turn_context: TurnContext) -> None:  # noqa: ARG002
        """Count an edited message: what was said first stands."""
        self._unrouted("messageUpdate")

    async def on_message_delete_activity(self, turn_context: TurnContext) -> None:  # noqa: ARG002
        """Count a deleted message."""
        self._unrouted("messageDelete")

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        """Count read receipts and meetings."""
        self._unrouted(str(turn_context.activity.type))

    async def on_end_of_conversation_activity(self, turn_context: TurnContext) -> None:
        """Count the end of a conversation between bots."""
        self._unrouted(str(turn_context.activity.type))

    async def on_typing_activity(self, turn_context: TurnContext) -> None:
        """Count that somebody types."""
        self._unrouted(str(turn_context.activity.type))

    async def on_unrecognized_activity_type(self, turn_context: TurnContext) -> None:
        """Count what Teams may invent."""
        self._unrouted(str(turn_context.activity.type))

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Answer an invoke: always 200, always with a full body."""
        name = str(turn_context.activity.name or "")
        if name == PRESS:
            body = await self._invoked(
                parse.press(self._raw, self._key), self._answering.to_press, task=False
            )
        elif name in TASKS:
            body = await self._invoked(
                parse.task(self._raw, self._key), self._answering.to_task, task=True
            )
        else:
            self._unrouted(name)
            body = self._answering.unknown()
        return InvokeResponse(status=200, body=body)

    async def _event(self, event: Heard | None) -> None:
        if event is None:
            self._unrouted(str(self._raw.get("type")))
            return
        self.heard = event, await self._hear(event)

    async def _invoked(
        self,
        read: tuple[Heard, Dialog | None] | None,
        answer: Callable[[Answer, Pressed | Submitted, Dialog | None], bytes],
        *,
        task: bool,
    ) -> bytes:
        if read is None:
            self._unrouted("invoke")
            return self._answering.malformed(task=task)
        event, form = read
        assert isinstance(event, Pressed | Submitted)
        try:
            return answer(await self._hear(event), event, form)
        except Exception as error:  # noqa: BLE001 - an invoke without an answer is sent again
            log.error(  # noqa: TRY400 - the text of an error may hold what somebody wrote
                "teams.invoke_failed", error=type(error).__name__, where=where(error)
            )
            return self._answering.sorry(self._apology(event), task=task)

    def _unrouted(self, kind: str) -> None:
        known = kind if kind in _NAMED else "other"
        metrics.unrouted.labels(ids.PLATFORM, known).inc()
        log.info("teams.unrouted", kind=known)


def where(error: BaseException) -> list[str]:
    """Name the places an error came through, without the values and words at them."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]
