"""The rules of the Bot Connector: what each operation checks, does and answers."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from tests.fakes.teams.limits import APP_PER_SECOND, READ, ROSTER, SEND, Clock, Limiter, Windows
from tests.fakes.teams.state import (
    JSON,
    THREAD,
    Account,
    Call,
    Conversation,
    Message,
    ProblemError,
    State,
)
from tests.fakes.teams.wire import MESSAGE_LIMIT, activity_faults, create_faults, size

Done: TypeAlias = tuple[int, Any]  # status and JSON body; None for an empty body

PAGE_SIZES: Final = range(50, 501)
DEFAULT_PAGE: Final = 200
CUT_OFF: Final = 10_000  # people that the roster without pages shows
_QUERY: Final = {"pagedmembers": frozenset({"pageSize", "continuationToken"})}
_READS: Final = frozenset({"members", "pagedmembers", "member"})
_SENDS: Final = frozenset({"create", "send", "reply"})


class ThrottledError(ProblemError):
    """Too many requests; come back later."""

    def __init__(self, wait: float) -> None:
        super().__init__(429, "Throttled", "Too many requests.")
        self.wait = wait


@dataclass(slots=True)
class Connector:
    """Acts on the state for the bot, and remembers what the bot should not have done."""

    app_id: str
    bot_name: str = "Groundswell"
    service_url: str = ""
    judged: bool = True
    rate_limits: bool = False
    app_limit: int = APP_PER_SECOND
    clock: Clock = field(default_factory=Clock)
    state: State = field(default_factory=State)
    violations: list[str] = field(default_factory=list)
    _limiter: Limiter = field(init=False)

    def __post_init__(self) -> None:
        self._limiter = Limiter(self.clock)

    @property
    def bot_id(self) -> str:
        """Return the bot's id in conversations."""
        return f"28:{self.app_id}"

    def perform(self, call: Call, match: dict[str, str]) -> Done:
        """Do what a call asks for, or raise the problem that answers it."""
        if unknown := call.query.keys() - _QUERY.get(call.op, frozenset()):
            self.refuse(call, [f"unknown query parameters {sorted(unknown)}"])
        if call.op == "create":
            return self._create(call)
        conversation, thread = self.state.find(match["id"])
        if call.op in _READS:
            return self._read(call, conversation, match)
        conversation.check_open()
        if call.op in {"send", "reply"}:
            return self._send(call, conversation, thread, match)
        return self._change(call, conversation, match)

    def throttle(self, call: Call) -> None:
        """Count a call against the published limits, if they are switched on."""
        if not self.rate_limits:
            return
        kept = [("app", ((self.app_limit, 1.0),)), *self._windows(call)]
        waits = [wait for key, limits in kept if (wait := self._limiter.wait(key, limits))]
        if waits:
            raise ThrottledError(max(waits))
        for key, _ in kept:
            self._limiter.count(key)

    def _windows(self, call: Call) -> Iterable[tuple[object, Windows]]:
        place = call.conversation.partition(THREAD)[0] if call.conversation else None
        if call.op == "create" and isinstance(call.body, dict):
            place = str(call.body.get("members") or call.body.get("channelData"))
        if call.op in _SENDS:
            yield ("send", place), SEND
        if call.op in _READS:
            yield ("read", place), READ
        if call.op == "members":
            yield ("roster", place), ROSTER

    def refuse(self, call: Call, faults: list[str]) -> None:
        """Note a mistake of the bot and answer it with 400, if there is one."""
        if faults:
            self.violations.extend(f"{call.op} {call.path}: {fault}" for fault in faults)
            raise ProblemError(400, "BadArgument", "; ".join(faults)[:2_000])

    # --- operations -----------------------------------------------------------------------------

    def _create(self, call: Call) -> Done:
        self.refuse(call, list(create_faults(call.body, self.bot_id)))
        body: JSON = call.body
        if "channel" in body["channelData"]:
            return self._create_thread(call, body)
        person = self.state.people.get(body["members"][0]["id"])
        if person is None or person.tenant != body["tenantId"]:
            raise ProblemError(403, "ForbiddenOperationException", "The person is unknown here.")
        if person.blocked:
            raise ProblemError(403, "ConversationBlockedByUser", "User blocked the conversation.")
        if not self.state.reachable(person):
            said = "The bot is not installed for the person or in a team of theirs."
            raise ProblemError(403, "BotNotInConversationRoster", said)
        person.installed = True  # a chat opened through a team is open from now on
        chat, known = self.state.personal(person)
        answer: JSON = {"id": chat.id, "serviceUrl": self.service_url}
        if body.get("activity"):
            answer["activityId"] = self._post(call, chat, chat.id, body["activity"]).id
        return (200 if known else 201), answer

    def _create_thread(self, call: Call, body: JSON) -> Done:
        channel, thread = self.state.find(str(body["channelData"]["channel"].get("id")))
        if channel.kind != "channel" or thread:
            raise ProblemError(404, "ConversationNotFound", "Conversation not found.")
        channel.check_open()
        made = self._post(call, channel, channel.id, body["activity"])
        return 201, {"id": f"{channel.id}{THREAD}{made.id}", "activityId": made.id}

    def _send(
        self, call: Call, conversation: Conversation, thread: str | None, match: dict[str, str]
    ) -> Done:
        body = call.body
        replied = match.get("activity")
        named = body.get("replyToId") if isinstance(body, dict) else None
        if named is not None and replied is not None and named != replied:
            self.refuse(call, [f"replyToId {named!r} is not the one of the path"])
        target = replied or named
        if target and target not in conversation.messages and target not in conversation.heard:
            self.refuse(call, [f"replies to {target!r}, which never was in this conversation"])
        if isinstance(body, dict) and body.get("type") == "typing":
            self.refuse(call, self._faults(body, conversation, match["id"]))
            conversation.typing += 1
            return 202, {"id": self.state.next_id()}
        message = self._post(call, conversation, match["id"], body, thread, target)
        return 201, {"id": message.id}

    def _post(
        self,
        call: Call,
        conversation: Conversation,
        path_id: str,
        body: Any,  # noqa: ANN401 - the checks below say what it must be
        thread: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        self._check(call, conversation, path_id, body)
        if thread is None and reply_to in conversation.messages:
            thread = conversation.messages[reply_to].thread
        return self.state.add(conversation, body, author=None, thread=thread, reply_to=reply_to)

    def _faults(self, body: object, conversation: Conversation, path_id: str) -> list[str]:
        return list(
            activity_faults(
                body,
                conversation=conversation,
                path_id=path_id,
                bot_id=self.bot_id,
                judged=self.judged,
            )
        )

    def _check(self, call: Call, conversation: Conversation, path_id: str, body: object) -> None:
        if size(body) > MESSAGE_LIMIT:
            raise ProblemError(413, "MessageSizeTooBig", "Message size too large.")
        self.refuse(call, self._faults(body, conversation, path_id))

    def _change(self, call: Call, conversation: Conversation, match: dict[str, str]) -> Done:
        message = conversation.messages.get(match["activity"])
        if message is None or message.deleted:
            raise ProblemError(404, "ActivityNotFoundInConversation", "Activity not found.")
        if message.author is not None:
            self.refuse(call, ["a bot changes only its own messages"])
        if call.op == "delete":
            message.deleted = True
            return 200, None
        self._check(call, conversation, match["id"], call.body)
        if call.body.get("type") != "message":
            self.refuse(call, ["an update must be a message"])
        message.edits.append(message.body)
        message.body = call.body
        message.views.clear()  # the new card is the same for everybody
        return 200, {"id": message.id}

    # --- rosters --------------------------------------------------------------------------------

    def _read(self, call: Call, conversation: Conversation, match: dict[str, str]) -> Done:
        people = conversation.members
        if call.op == "member":
            wanted = match["member"]
            found = next((p for p in people if wanted in {p.id, p.aad_id}), None)
            if found is None:
                raise ProblemError(404, "MemberNotFoundInConversation", "Member not found.")
            return 200, found.as_member()
        if call.op == "members":
            return 200, [person.as_member() for person in people[:CUT_OFF]]
        if conversation.kind != "channel":  # chats have one page
            return 200, {"members": [person.as_member() for person in people]}
        return 200, self._page(call, conversation, people)

    def _page(self, call: Call, conversation: Conversation, people: list[Account]) -> JSON:
        asked = call.query.get("pageSize", str(DEFAULT_PAGE))
        if not asked.isdecimal() or int(asked) not in PAGE_SIZES:
            self.refuse(call, [f"pageSize {asked!r} is not between 50 and 500"])
        start = self._start(call, conversation)
        stop = start + int(asked)
        page: JSON = {"members": [person.as_member() for person in people[start:stop]]}
        if stop < len(people):
            page["continuationToken"] = _mark(conversation, stop)
        return page

    def _start(self, call: Call, conversation: Conversation) -> int:
        token = call.query.get("continuationToken")
        if token is None:
            return 0
        try:
            place, _, start = base64.urlsafe_b64decode(token).decode().rpartition("|")
        except (binascii.Error, UnicodeDecodeError):
            place, start = "", "0"
        if place != conversation.id:
            self.refuse(call, [f"continuationToken {token!r} was not given for this conversation"])
        return int(start)


def _mark(conversation: Conversation, stop: int) -> str:
    return base64.urlsafe_b64encode(f"{conversation.id}|{stop}".encode()).decode()
