"""The tables in memory: dicts that can take back what was done to them."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from bot.announcements.model import Announcement
from bot.delivery import DeliveryState, Op
from bot.heard import AccountId, ChannelId, MessageRef, lane_of
from bot.messages import Answer, Card, Place, ToPerson
from bot.needs.model import Need, NeedChange
from bot.people.model import Account, Channel, Person, PersonId
from bot.ports import ChatLine, Dialogue, Installation
from bot.pulses.model import Answers, Part, Sealed, Wave, WaveId
from storage.engine import Record
from storage.tables import AT_ONCE, storable

K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R")


class Journal:
    """How to undo, newest first, what was done since the last commit."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def note(self, step: Callable[[], object]) -> None:
        """Add a step."""
        self._steps.append(step)

    def forget(self) -> None:
        """Keep what was done."""
        self._steps.clear()

    def undo(self) -> None:
        """Take it back."""
        while self._steps:
            self._steps.pop()()


class Rows(dict[K, V]):
    """A dict that notes in the journal what each change replaced."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal
        self._last = 0

    def next_number(self) -> int:
        """Return a number that was never given before, not even before a rollback."""
        self._last += 1
        return self._last

    def __setitem__(self, key: K, value: V) -> None:
        self._note(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: K) -> None:
        self._note(key)
        super().__delitem__(key)

    def pop(self, key: K, default: Any = None) -> Any:  # noqa: ANN401
        """Remove a row; return it, or the default."""
        if key not in self:
            return default
        value = self[key]
        del self[key]
        return value

    def _note(self, key: K) -> None:
        if key in self:
            before = self[key]
            self._journal.note(lambda: dict.__setitem__(self, key, before))
        else:
            self._journal.note(lambda: dict.__delitem__(self, key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A row of the table ``delivery``."""

    id: int
    op: Op
    to: Place
    card: Card | None
    claimed: Card | None = None
    batch: str = ""
    original: int | None = None
    message: MessageRef = MessageRef("")
    state: DeliveryState = DeliveryState.QUEUED
    due_at: datetime = AT_ONCE
    attempt: int = 0
    reason: str = ""
    owner: str | None = None
    lease_until: datetime | None = None

    @property
    def lane(self) -> str:
        """Tell the lane of its place."""
        return lane_of(self.to.account if isinstance(self.to, ToPerson) else self.to.channel)


class Memory:
    """All tables."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.queued = False
        self.persons = Rows[PersonId, Person](journal)
        self.accounts = Rows[AccountId, Account](journal)
        self.channels = Rows[ChannelId, Channel](journal)
        self.needs = Rows[int, Need](journal)
        self.changes = Rows[int, NeedChange](journal)
        self.waves = Rows[int, Wave](journal)
        self.participation = Rows[tuple[WaveId, PersonId], Part](journal)
        self.sealed = Rows[str, Sealed](journal)
        self.answers = Rows[WaveId, Answers](journal)
        self.announcements = Rows[int, Announcement](journal)
        self.dialogues = Rows[PersonId, Dialogue](journal)
        self.handled = Rows[str, tuple[datetime, Answer]](journal)
        self.lines = Rows[int, ChatLine](journal)
        self.homes = Rows[AccountId, Card](journal)
        self.installations = Rows[str, Installation](journal)
        self.states = Rows[str, datetime](journal)
        self.copies = Rows[int, Copy](journal)
        self.once = Rows[str, int](journal)
        self.pauses = Rows[str, datetime](journal)

    def add(self, rows: Rows[int, R], record: R) -> R:
        """Store a record under the next number."""
        number = rows.next_number()
        added: R = replace(clean(record), id=number)  # type: ignore[type-var]
        rows[number] = added
        return added


def clean(record: R) -> R:
    """Replace in a text, or in a record's texts, what no database could store."""
    if isinstance(record, str):
        return cast("R", storable(record))
    data = cast("Record", record)
    texts = {one.name: getattr(data, one.name) for one in fields(data)}
    changed = {
        name: storable(text)
        for name, text in texts.items()
        if type(text) is str and storable(text) != text
    }
    return cast("R", replace(data, **changed)) if changed else record
