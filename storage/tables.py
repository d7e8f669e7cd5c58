"""All tables, in portable types.

A column is named as the record's field it holds, so that a row becomes its record without a map
between the two. Text compares by code point on every database.

``sealed``, ``answer`` and ``comment`` have no foreign key, no time and no person, and no hidden
row number on SQLite: whoever holds the whole database learns from them what was answered and
nothing else.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    literal_column,
)
from sqlalchemy.types import DateTime, Text, TypeDecorator, TypeEngine

from bot.announcements.model import AnnouncementState
from bot.delivery import DeliveryState, Op
from bot.needs.model import NeedState
from bot.people.model import Role
from bot.pulses.model import Kind, Part, WaveState

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""When a row is due that was never put off: storage reads no clock."""


def storable(words: str) -> str:
    """Replace what no database takes as text: NUL and halves of surrogate pairs."""
    if words.isascii() and "\0" not in words:
        return words
    whole = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Words(TypeDecorator[str]):
    """Text of any length, ordered by code point."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Choose PostgreSQL's "C" collation; SQLite compares bytes by itself."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Make it storable."""
        return None if value is None else storable(value)


class Instant(TypeDecorator[datetime]):
    """An aware UTC moment; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn it into UTC; SQLite's text form has no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """One word of a closed list, kept as text so that a new word needs no migration."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the word; one outside the list is refused."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        """Read the word back."""
        return None if value is None else self.kind(value)


class Roles(TypeDecorator[frozenset[Role]]):
    """A person's few roles as " cio champion ", so that one LIKE finds who holds a role."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[Role] | None, dialect: Dialect) -> str:  # noqa: ARG002
        """Write them in order."""
        return f" {' '.join(sorted(value))} " if value else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[Role]:  # noqa: ARG002
        """Read them; a word this version does not know grants nothing."""
        known = set(Role)
        return frozenset(Role(word) for word in (value or "").split() if word in known)


class Pairs(TypeDecorator[dict[str, str]]):
    """Names and values as one JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, str] | None, dialect: Dialect) -> str:  # noqa: ARG002
        """Write it in ASCII, which every database takes."""
        return json.dumps(value or {}, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, str]:  # noqa: ARG002
        """Read it back."""
        return {str(key): str(one) for key, one in json.loads(value or "{}").items()}


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

_Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers INTEGER keys alone


def _words(name: str) -> Column[str]:
    return Column(name, Words(), nullable=False)


def _key(name: str) -> Column[str]:
    return Column(name, Words(), primary_key=True)


def _number() -> Column[int]:
    return Column("id", _Number, primary_key=True, autoincrement=True)


def _of(name: str, target: str, *, key: bool = False, index: bool = False) -> Column[str]:
    target_key = ForeignKey(target)
    return Column(name, Words(), target_key, primary_key=key, nullable=False, index=index)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean(), nullable=False)


def _count(name: str) -> Column[int]:
    return Column(name, Integer(), nullable=False)


def _at(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Instant(), nullable=nullable)


person = Table(
    "person",
    metadata,
    _key("id"),
    _words("name"),
    _words("email"),
    # Case is folded here: SQLite's lower() knows ASCII alone.
    Column("email_key", Words(), nullable=False, index=True),
    _words("department"),
    _words("zone"),
    _words("locale"),
    Column("roles", Roles(), nullable=False),
    _words("preferred"),
    _flag("active"),
)
account = Table(
    "account",
    metadata,
    _key("id"),
    _of("person", "person.id", index=True),
    _words("route"),
    _flag("reachable"),
    _words("reason"),
    _flag("known"),
)
channel = Table("channel", metadata, _key("id"), _words("name"), _words("route"), _flag("active"))
need = Table(
    "need",
    metadata,
    _number(),
    _of("asker", "person.id", index=True),
    _words("words"),
    _words("department"),
    _words("link"),
    Column("draft", Words(), nullable=False, index=True),
    Column("state", Word(NeedState), nullable=False),
    _at("asked_at"),
    _at("answer_due"),
)
need_change = Table(
    "need_change",
    metadata,
    _number(),
    Column("need", _Number, ForeignKey("need.id"), nullable=False, index=True),
    _of("by", "person.id", index=True),
    _at("at"),
    Column("before", Word(NeedState), nullable=True),
    Column("after", Word(NeedState), nullable=False),
    _words("reason"),
)
wave = Table(
    "wave",
    metadata,
    _number(),
    _words("question"),
    Column("state", Word(WaveState), nullable=False),
    _of("launched_by", "person.id", index=True),
    _at("opened_at"),
    _at("closes_at"),
    _words("public_key"),
    _count("invited"),
    _words("channel"),
    _count("k"),
    _count("k_comment"),
)
participation = Table(
    "participation",
    metadata,
    Column("wave", _Number, ForeignKey("wave.id"), primary_key=True, autoincrement=False),
    _of("person", "person.id", key=True, index=True),
    Column("state", Word(Part), nullable=False),
    sqlite_with_rowid=False,
)
sealed = Table(
    "sealed",
    metadata,
    _key("slot"),
    Column("wave", _Number, nullable=False, index=True),
    Column("kind", Word(Kind), nullable=False),
    Column("box", LargeBinary(), nullable=False),
    sqlite_with_rowid=False,
)
answer = Table(
    "answer",
    metadata,
    _key("id"),
    Column("wave", _Number, nullable=False, index=True),
    _count("score"),
    sqlite_with_rowid=False,
)
comment = Table(
    "comment",
    metadata,
    _key("id"),
    Column("wave", _Number, nullable=False, index=True),
    _words("words"),
    sqlite_with_rowid=False,
)
announcement = Table(
    "announcement",
    metadata,
    _number(),
    _of("author", "person.id", index=True),
    _words("title"),
    _words("words"),
    _words("channel"),
    Column("state", Word(AnnouncementState), nullable=False),
    _at("drafted_at"),
    _count("planned"),
)
dialogue = Table(
    "dialogue",
    metadata,
    _of("person", "person.id", key=True),
    _words("step"),
    Column("notes", Pairs(), nullable=False),
)
handled = Table(
    "handled",
    metadata,
    _key("key"),
    Column("at", Instant(), nullable=False, index=True),
    Column("answer", Words(), nullable=True),
)
chat_line = Table(
    "chat_line",
    metadata,
    _number(),
    Column("conversation", Words(), nullable=False),
    _words("author"),
    _words("words"),
    Column("card", Words(), nullable=True),
    _at("said_at"),
    _flag("edited"),
    Index("ix_chat_line_conversation", "conversation", "id"),
)
chat_home = Table("chat_home", metadata, _key("account"), _words("card"))
installation = Table(
    "installation",
    metadata,
    _key("workspace"),
    Column("secrets", LargeBinary(), nullable=False),
    Column("facts", Pairs(), nullable=False),
    _at("expires_at", nullable=True),
    _flag("active"),
    _at("installed_at"),
)
install_state = Table("install_state", metadata, _key("state"), _at("expires_at"))
lane = Table(
    "lane", metadata, _key("id"), _at("paused_until", nullable=True), _words("pause_reason")
)
# Cards by their SHA-256, so that 10,000 copies of one announcement hold it once.
content = Table("content", metadata, _key("id"), _words("card"))
delivery = Table(
    "delivery",
    metadata,
    _number(),
    _words("lane"),
    Column("op", Word(Op), nullable=False),
    _words("to_kind"),
    _words("to_id"),
    _words("thread"),
    Column("content", Words(), ForeignKey("content.id"), nullable=True),
    # What is being sent now: if ``content`` differs at the end, the row goes out once more.
    Column("claimed", Words(), nullable=True),
    Column("once", Words(), nullable=True, unique=True),
    Column("batch", Words(), nullable=True),
    # The row whose message an update changes.
    Column("original", _Number, ForeignKey("delivery.id"), nullable=True),
    Column("message_ref", Words(), nullable=True),
    Column("state", Word(DeliveryState), nullable=False),
    _at("due_at"),
    _count("attempt"),
    _words("reason"),
    Column("owner", Words(), nullable=True),
    _at("lease_until", nullable=True),
    _at("sent_at", nullable=True),
)

QUEUED: ColumnElement[str] = literal_column("'queued'")
SENDING: ColumnElement[str] = literal_column("'sending'")
"""Written out in each statement: SQLite uses a partial index only for literals."""


def _partial(name: str, *columns: Column[object], where: ColumnElement[bool]) -> None:
    Index(name, *columns, sqlite_where=where, postgresql_where=where)


_d = delivery.c
_partial("ix_delivery_queued", _d.due_at, _d.id, _d.lane, where=_d.state == QUEUED)
_partial("ix_delivery_sending", _d.lease_until, where=_d.state == SENDING)
_partial("ix_delivery_open", _d.to_id, _d.thread, _d.id, where=_d.state.in_([QUEUED, SENDING]))
_partial("ix_delivery_batch", _d.batch, _d.state, where=_d.batch.is_not(None))
_partial("ix_delivery_original", _d.original, where=_d.original.is_not(None))
_partial("ix_delivery_message_ref", _d.message_ref, where=_d.message_ref.is_not(None))
