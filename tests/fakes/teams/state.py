"""What Teams knows: people, conversations, teams, messages, and who saw which card."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from uuid import NAMESPACE_URL, uuid5

JSON: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["personal", "groupChat", "channel"]

CARD: Final = "application/vnd.microsoft.card.adaptive"
THREAD: Final = ";messageid="


class ProblemError(Exception):
    """The connector refuses a call."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


def opaque(name: str, length: int = 60) -> str:
    """Make a stable id that looks like Teams' own and says nothing."""
    long = hashlib.sha512(name.encode()).digest() + hashlib.sha512(name[::-1].encode()).digest()
    return base64.urlsafe_b64encode(long).decode()[:length]


def guid(name: str) -> str:
    """Make a stable GUID."""
    return str(uuid5(NAMESPACE_URL, name))


@dataclass(slots=True, eq=False)
class Account:
    """A person of a tenant as the roster shows them."""

    handle: str
    name: str
    tenant: str
    email: str
    locale: str = "en-GB"
    timezone: str = "Europe/London"
    installed: bool = True
    blocked: bool = False

    @property
    def aad_id(self) -> str:
        """Return the directory's id of the person, the same for every bot."""
        return guid(f"{self.tenant}/{self.handle}")

    @property
    def id(self) -> str:
        """Return the id by which this bot addresses the person."""
        return f"29:1{opaque(f'{self.tenant}/{self.handle}', 85)}"

    def as_member(self) -> JSON:
        """Return the person as the roster's pages show them."""
        given, _, family = self.name.partition(" ")
        return {
            "id": self.id,
            "name": self.name,
            "objectId": self.aad_id,
            "givenName": given,
            "surname": family,
            "email": self.email,
            "userPrincipalName": self.email,
            "tenantId": self.tenant,
            "userRole": "user",
        }


@dataclass(slots=True, eq=False)
class Message:
    """One activity in a conversation, as it was sent and as it is now."""

    id: str
    conversation: "Conversation"
    thread: str | None  # the root message's id, in channels
    author: Account | None  # None: the bot
    body: JSON
    reply_to: str | None = None
    edits: list[JSON] = field(default_factory=list)  # earlier bodies, oldest first
    deleted: bool = False
    views: dict[str, JSON] = field(default_factory=dict)  # cards replaced for one person only

    @property
    def text(self) -> str:
        """Return the words of the message."""
        return str(self.body.get("text", ""))

    @property
    def summary(self) -> str:
        """Return the words of the notification."""
        return str(self.body.get("summary", ""))

    @property
    def card(self) -> JSON | None:
        """Return the card that everybody sees."""
        attachments = self.body.get("attachments") or ()
        return next((a["content"] for a in attachments if a["contentType"] == CARD), None)

    @property
    def conversation_id(self) -> str:
        """Return the id under which events about this message come: with the thread, if any."""
        base = self.conversation.id
        return f"{base}{THREAD}{self.thread}" if self.thread else base


@dataclass(slots=True, eq=False)
class Team:
    """A team with its channels; the first channel is "General" and bears the team's id."""

    id: str
    name: str
    tenant: str
    members: list[Account]
    installed: bool = True
    channels: "dict[str, Conversation]" = field(default_factory=dict)

    @property
    def general(self) -> "Conversation":
        """Return the channel that every team has."""
        return self.channels["General"]


@dataclass(slots=True, eq=False)
class Conversation:
    """A personal chat, a group chat or a channel with its threads."""

    id: str
    kind: Kind
    tenant: str
    name: str = ""
    people: list[Account] = field(default_factory=list)
    team: Team | None = None
    installed: bool = True  # of group chats; people and teams have their own
    messages: dict[str, Message] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)  # ids of activities the bot may reply to
    typing: int = 0
    taken: int = 0  # how many of the bot's messages a test has taken with `receives`

    @property
    def members(self) -> list[Account]:
        """Return who takes part."""
        return self.people if self.team is None else self.team.members

    @property
    def posts(self) -> list[Message]:
        """Return the bot's messages that still stand, oldest first."""
        return [m for m in self.messages.values() if m.author is None and not m.deleted]

    def check_open(self) -> None:
        """Refuse the bot where it is not, or no longer, installed."""
        if self.kind == "personal":
            person = self.people[0]
            if person.blocked or not person.installed:
                raise ProblemError(403, "MessageWritesBlocked", "Message writes are blocked.")
        elif not (self.team.installed if self.team else self.installed):
            said = "The bot is not part of the conversation roster."
            raise ProblemError(403, "BotNotInConversationRoster", said)

    def as_wire(self, thread: str | None = None) -> JSON:
        """Return the conversation as inbound activities show it."""
        wire: JSON = {"conversationType": self.kind, "tenantId": self.tenant, "id": self.id}
        if thread:
            wire["id"] = f"{self.id}{THREAD}{thread}"
        return wire if self.kind == "personal" else {"isGroup": True, **wire}

    def as_channel_data(self) -> JSON:
        """Return what inbound activities say about tenant, team and channel."""
        data: JSON = {"tenant": {"id": self.tenant}}
        if self.team is not None:
            data |= {"channel": {"id": self.id}, "team": {"id": self.team.id}}
            data |= {"teamsChannelId": self.id, "teamsTeamId": self.team.id}
        return data


@dataclass(slots=True, kw_only=True)
class Call:
    """One request that reached the fake."""

    op: str
    method: str
    path: str  # as on the wire, still percent-encoded
    at: float
    conversation: str | None = None
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    authorization: str | None = None
    status: int = 0  # 0: no answer was given


@dataclass(slots=True)
class State:
    """Everything that stays between calls."""

    people: dict[str, Account] = field(default_factory=dict)  # by 29: id
    conversations: dict[str, Conversation] = field(default_factory=dict)
    teams: list[Team] = field(default_factory=list)
    _last_id: int = 1_760_000_000_000  # message ids look like milliseconds since 1970

    def next_id(self) -> str:
        """Make the id of a new message."""
        self._last_id += 1
        return str(self._last_id)

    def personal(self, person: Account) -> tuple[Conversation, bool]:
        """Find or open the one chat between a person and the bot; True if it was open before."""
        name = f"a:1{opaque(f'chat {person.id}', 90)}"
        known = name in self.conversations
        chat = Conversation(name, "personal", person.tenant, "", [person])
        return self._keep(name, lambda: chat), known

    def group(self, name: str, people: list[Account]) -> Conversation:
        """Find or open a group chat with the bot in it."""
        key = f"19:{opaque(f'group {name}', 32)}@thread.v2"
        tenant = people[0].tenant
        return self._keep(key, lambda: Conversation(key, "groupChat", tenant, name, people))

    def channel(self, team: Team, name: str) -> Conversation:
        """Find or open a channel of a team."""
        general = not team.channels
        key = team.id if general else f"19:{opaque(f'{team.id}/{name}', 32)}@thread.tacv2"
        made = self._keep(key, lambda: Conversation(key, "channel", team.tenant, name, team=team))
        team.channels[name] = made
        return made

    def _keep(self, key: str, make: Callable[[], Conversation]) -> Conversation:
        if key not in self.conversations:
            self.conversations[key] = make()
        return self.conversations[key]

    def find(self, key: str) -> tuple[Conversation, str | None]:
        """Find a conversation by the id in a path, and the thread that the id names."""
        base, mark, root = key.partition(THREAD)
        conversation = self.conversations.get(base)
        if conversation is None or (mark and conversation.kind != "channel"):
            raise ProblemError(404, "ConversationNotFound", "Conversation not found.")
        if mark and root not in conversation.messages:
            raise ProblemError(404, "ConversationNotFound", "Conversation not found.")
        return conversation, root or None

    def reachable(self, person: Account) -> bool:
        """Say whether the bot may open a chat: installed for the person or a team of theirs."""
        return person.installed or any(t.installed and person in t.members for t in self.teams)

    def add(
        self,
        conversation: Conversation,
        body: JSON,
        *,
        author: Account | None,
        thread: str | None = None,
        reply_to: str | None = None,
    ) -> Message:
        """Put a message into a conversation; in a channel, outside a thread, it starts one."""
        name = self.next_id()
        root = (thread or name) if conversation.kind == "channel" else None
        message = Message(name, conversation, root, author, body, reply_to)
        conversation.messages[name] = message
        return message

    def everything(self) -> Iterator[Message]:
        """Visit every message of every conversation."""
        for conversation in self.conversations.values():
            yield from conversation.messages.values()
