"""What the core needs from the outside, as Protocols.

``storage`` implements the repositories (SQLite, PostgreSQL and memory under one contract suite),
``adapters`` the rest. All methods are synchronous; a unit of work is one transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, Self

from bot.announcements.model import Announcement, AnnouncementId, Tally
from bot.delivery import Outgoing, Step
from bot.heard import AccountId, ChannelId, MessageRef
from bot.messages import Answer, Card, Place
from bot.needs.model import Need, NeedChange, NeedId
from bot.people.model import Account, Channel, Person, PersonId, Reach, Role
from bot.pulses.model import Answers, Part, Sealed, Wave, WaveId


class Voice(Protocol):
    """One person's language, formats, zone and direction."""

    @property
    def locale(self) -> str:
        """BCP 47 tag, for instance "de"."""
        ...

    @property
    def rtl(self) -> bool:
        """True where the script runs from right to left."""
        ...

    def say(self, text: str, /, **values: str) -> str:
        """Translate English source text, then put ``values`` into its ``{names}``."""
        ...

    def plural(self, one: str, many: str, n: int, /, **values: str) -> str:
        """Translate with the plural form for ``n``; ``{n}`` is the formatted number."""
        ...

    def number(self, value: float, /, digits: int = 0) -> str:
        """Write a number as this language does, with ``digits`` decimals."""
        ...

    def percent(self, share: float, /) -> str:
        """Write a share in 0..1 as a whole percentage."""
        ...

    def day(self, when: date | datetime, /) -> str:
        """Write a day with its weekday, in this person's zone."""
        ...

    def moment(self, when: datetime, /) -> str:
        """Write day, time and zone, in this person's zone."""
        ...


class Meaning(StrEnum):
    """What typed words ask for, when they ask for something the bot has a word for."""

    HELP = "help"
    CANCEL = "cancel"
    BACK = "back"
    SEND = "send"
    CHANGE = "change"
    HOME = "home"
    MY_NEEDS = "my_needs"
    PULSE = "pulse"
    ANNOUNCE = "announce"
    GREETING = "greeting"


class Understanding(Protocol):
    """Tell what words mean; None when they are the person's own concern."""

    def meaning(self, words: str, locale: str) -> Meaning | None:
        """Return the meaning of a short text in any supported language."""
        ...


class Sealer(Protocol):
    """Seal the answers of a wave so that nobody reads them before it closes.

    Private keys live outside the database and its backups.
    """

    def new_key(self) -> str:
        """Make a key pair, keep the private half, return the public half in hex."""
        ...

    def seal(self, public_key: str, words: bytes) -> bytes:
        """Return a box of one fixed length; raise ValueError if ``words`` exceed 2,000 bytes."""
        ...

    def open(self, public_key: str, box: bytes) -> bytes:
        """Return the words.

        Raise KeyError if the private key is not here, ValueError if it does not open this box.
        """
        ...

    def destroy(self, public_key: str) -> None:
        """Destroy the private key; doing so again changes nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What handlers may use besides the unit of work; nothing here reads a clock.

    ``new_id`` returns 128 random bits in hex, ``shuffle`` reorders a list in place by the
    operating system's randomness. ``cio`` holds the account ids and verified e-mail addresses
    (lower case) of those who hold the first rights.
    """

    voice: Callable[[str, str], Voice]
    understanding: Understanding
    sealer: Sealer
    new_id: Callable[[], str]
    shuffle: Callable[[list[str]], None]
    cio: frozenset[str] = frozenset()


class People(Protocol):
    """Persons, accounts and channels."""

    def get(self, person: PersonId, /) -> Person | None: ...
    def by_account(self, account: AccountId, /) -> Person | None: ...
    def by_email(self, email: str, /) -> Person | None:
        """Find by verified address, letter case ignored."""
        ...

    def save(self, person: Person, /) -> None:
        """Add or change a person."""
        ...

    def account(self, account: AccountId, /) -> Account | None: ...
    def accounts(self, person: PersonId, /) -> tuple[Account, ...]:
        """Return a person's accounts in order of id."""
        ...

    def save_account(self, account: Account, /) -> None:
        """Add or change an account."""
        ...

    def merge(self, gone: PersonId, kept: PersonId, /) -> None:
        """Give everything of ``gone`` to ``kept`` and delete ``gone``.

        Where both were asked in one wave, ``kept``'s participation stays, answered if either is.
        """
        ...

    def with_role(self, role: Role, /) -> tuple[Person, ...]:
        """Return the active persons who hold a role, in order of id."""
        ...

    def names(self) -> tuple[str, ...]:
        """Return the names of all persons, leavers included, in any order."""
        ...

    def reachable(self) -> tuple[Reach, ...]:
        """Return one way to each active person, in order of person id.

        It is the preferred account if that is reachable, else the first reachable one by id;
        persons without any are left out.
        """
        ...

    def count(self) -> int:
        """Return how many persons are active."""
        ...

    def channel(self, channel: ChannelId, /) -> Channel | None: ...
    def save_channel(self, channel: Channel, /) -> None:
        """Add or change a channel."""
        ...

    def channels(self) -> tuple[Channel, ...]:
        """Return the active channels in order of name, then id."""
        ...


class Needs(Protocol):
    """Needs and their history."""

    def add(self, need: Need, /) -> Need:
        """Store a need whose id is 0; return it with the next number."""
        ...

    def get(self, need: NeedId, /) -> Need | None: ...
    def by_draft(self, draft: str, /) -> Need | None: ...
    def save(self, need: Need, change: NeedChange, /) -> None:
        """Store the new state and its line of history."""
        ...

    def of(self, person: PersonId, /, limit: int = 20) -> tuple[Need, ...]:
        """Return a person's needs, newest first."""
        ...

    def history(self, need: NeedId, /) -> tuple[NeedChange, ...]:
        """Return all changes, oldest first."""
        ...


class Pulses(Protocol):
    """Waves, participation without times, sealed boxes, and answers after the close."""

    def add(self, wave: Wave, invited: Sequence[PersonId], /) -> Wave:
        """Store a wave whose id is 0 and one open participation row per person."""
        ...

    def get(self, wave: WaveId, /) -> Wave | None: ...
    def save(self, wave: Wave, /) -> None: ...
    def waves(self, *states: str) -> tuple[Wave, ...]:
        """Return the waves in these states, newest first."""
        ...

    def invite(self, wave: WaveId, person: PersonId, /) -> bool:
        """Add an open participation row; False if there is one."""
        ...

    def asked(self, wave: WaveId, /) -> int:
        """Count those who were asked."""
        ...

    def part(self, wave: WaveId, person: PersonId, /) -> Part | None:
        """Return how far a person took part; None if she was not asked."""
        ...

    def advance(self, wave: WaveId, person: PersonId, before: Part, after: Part, /) -> bool:
        """Move a participation row of an open wave; False if it was not in ``before``."""
        ...

    def panel(self, wave: WaveId, /) -> tuple[PersonId, ...]:
        """Return who was asked, in order of person id."""
        ...

    def answered(self, wave: WaveId, /) -> int:
        """Count those who answered."""
        ...

    def put_sealed(self, sealed: Sealed, /) -> None: ...
    def sealed(self, wave: WaveId, /) -> tuple[Sealed, ...]:
        """Return the boxes in order of their random slot."""
        ...

    def publish(self, wave: WaveId, answers: Answers, ids: Sequence[str], /) -> None:
        """Write shuffled answers under random ``ids``: scores first, then comments.

        Deletes the boxes and rewrites the participation rows in order of person, who commented
        becoming one of those who answered, all in this transaction.
        """
        ...

    def answers(self, wave: WaveId, /) -> Answers:
        """Return the answers of a closed wave, sorted; empty before."""
        ...


class Announcements(Protocol):
    """Announcements and their states."""

    def add(self, announcement: Announcement, /) -> Announcement:
        """Store one whose id is 0; return it with the next number."""
        ...

    def get(self, announcement: AnnouncementId, /) -> Announcement | None: ...
    def save(self, announcement: Announcement, /) -> None: ...
    def sending(self) -> tuple[Announcement, ...]:
        """Return those being delivered, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """A conversation that a person has not finished.

    ``step`` names the question that is open, ``notes`` what was said so far.
    """

    person: PersonId
    step: str
    notes: dict[str, str] = field(default_factory=dict)


class Dialogues(Protocol):
    """At most one open dialogue per person."""

    def get(self, person: PersonId, /) -> Dialogue | None: ...
    def save(self, dialogue: Dialogue, /) -> None: ...
    def drop(self, person: PersonId, /) -> None: ...


class HandledKeys(Protocol):
    """Events handled before, with the answer they got."""

    def claim(self, key: str, now: datetime, /) -> bool:
        """Take the key for this transaction; False if an earlier one committed with it."""
        ...

    def keep(self, key: str, answer: Answer, /) -> None: ...
    def answer(self, key: str, /) -> Answer: ...
    def purge(self, before: datetime, /) -> int:
        """Forget keys older than ``before``; return how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to be sent; ``once`` names recipient and purpose, for all time.

    ``batch`` counts it towards a broadcast ("announcement:3").
    """

    to: Place
    card: Card
    once: str
    batch: str = ""


class Outbox(Protocol):
    """The only way out."""

    def put(self, *notices: Notice) -> int:
        """Queue messages; return how many were new. A known ``once`` changes nothing."""
        ...

    def amend(self, once: str, card: Card, /) -> None:
        """Let the message queued under ``once`` show ``card``, now if it is out, else when it is.

        Nothing happens if it shows, or is about to show, the same card already. Several
        amendments before the send become one. Unknown ``once``: nothing happens.
        """
        ...

    def update(self, message: MessageRef, to: Place, card: Card, /) -> None:
        """Let a message that the platform named show ``card``; coalesces like ``amend``."""
        ...

    def home(self, account: AccountId, card: Card, /) -> None:
        """Publish a home surface; a newer one replaces one that still waits."""
        ...

    def lookup(self, to: Place, /) -> None:
        """Ask the platform who an account or what a channel is; at most one waits per place."""
        ...

    def members(
        self, batch: str, /, *, after: int = 0, limit: int = 200
    ) -> tuple[tuple[int, str, Place], ...]:
        """Return row, ``once`` and place of a batch's messages, in order of row."""
        ...

    def tally(self, batch: str, /) -> Tally:
        """Count what became of a batch."""
        ...

    def state(self, once: str, /) -> str:
        """Return the state of the message queued under ``once``, empty if there is none."""
        ...

    def claim(
        self, *, owner: str, now: datetime, lease_until: datetime, limit: int, lanes: Iterable[str]
    ) -> tuple[Outgoing, ...]:
        """Take due rows of these lanes' platforms, oldest first, and mark them as sending.

        ``lanes`` are prefixes of lane ids ("slack", "teams:t1"). Rows of paused lanes, updates of
        messages that are not out yet, and rows behind an earlier unfinished row to the same place
        wait.
        """
        ...

    def settle(self, item: Outgoing, step: Step, /, *, owner: str, now: datetime) -> bool:
        """Write what became of a claimed row; False if another owner has it by now.

        A new route is kept with the account or channel, an unreachable account is marked, and
        ``step.pause`` pauses the lane until ``step.due_at``.
        """
        ...

    def expire(self, now: datetime, /) -> int:
        """Give up leases that ran out: posts become unknown, the rest is queued again."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the next row is due; None if nothing waits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """One line of the browser chat: a person's words, or a card of the bot."""

    id: int
    conversation: ChannelId
    author: str
    words: str
    card: Card | None
    said_at: datetime
    edited: bool = False


class Chat(Protocol):
    """The browser chat's own memory: what Slack and Teams keep for themselves."""

    def add(self, line: ChatLine, /) -> ChatLine:
        """Store a line whose id is 0; return it with its id."""
        ...

    def edit(self, line: int, card: Card, /) -> bool:
        """Replace a card; False if there is no such line."""
        ...

    def get(self, line: int, /) -> ChatLine | None: ...
    def lines(self, conversation: ChannelId, /, limit: int = 200) -> tuple[ChatLine, ...]:
        """Return the newest lines of a conversation, oldest first."""
        ...

    def home(self, account: AccountId, /) -> Card | None: ...
    def save_home(self, account: AccountId, card: Card, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One workspace or tenant that installed the app.

    ``workspace`` is its lane ("slack:T1"). ``secrets`` is encrypted by the adapter that owns it;
    storage never sees a token. ``facts`` are plain (bot id, scopes). ``expires_at`` is when the
    token in ``secrets`` ends, None where it does not.
    """

    workspace: str
    secrets: bytes
    facts: dict[str, str] = field(default_factory=dict)
    expires_at: datetime | None = None
    active: bool = True
    installed_at: datetime


class Installations(Protocol):
    """Who installed the app, with encrypted tokens, and the single-use states of installing."""

    def get(self, workspace: str, /) -> Installation | None:
        """Return an installation, locked against other writers until this transaction ends."""
        ...

    def save(self, installation: Installation, /) -> None: ...
    def all(self, platform: str, /) -> tuple[Installation, ...]:
        """Return a platform's installations in order of workspace."""
        ...

    def issue_state(self, state: str, expires_at: datetime, /) -> None: ...
    def consume_state(self, state: str, now: datetime, /) -> bool:
        """Use up a state; False if it is unknown, used or expired. Purges expired ones."""
        ...


class Unavailable(Exception):  # noqa: N818 - named as the fact it states
    """The database cannot be used now; nothing was stored. Trying again later is safe."""


class UnitOfWork(Protocol):
    """One transaction. Leaving the ``with`` block without ``commit`` rolls back."""

    @property
    def people(self) -> People: ...
    @property
    def needs(self) -> Needs: ...
    @property
    def pulses(self) -> Pulses: ...
    @property
    def announcements(self) -> Announcements: ...
    @property
    def dialogues(self) -> Dialogues: ...
    @property
    def handled(self) -> HandledKeys: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def chat(self) -> Chat: ...
    @property
    def installations(self) -> Installations: ...
    def lock(self, name: str, /) -> None:
        """Let no other transaction with this lock go on before this one ends."""
        ...

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...


UnitsOfWork = Callable[[], UnitOfWork]
