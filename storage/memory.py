"""A unit of work in this process's memory, with the same contract as the databases.

Tests and the preview use it. One thread at a time is inside a unit, in the order in which they
came; tables are dicts of frozen records that note what each change replaced, so that a rollback
costs what was changed and not what is stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Self, TypeVar

from bot.announcements.model import Announcement, AnnouncementId, AnnouncementState
from bot.heard import AccountId, ChannelId
from bot.messages import NOTHING, Answer, Card
from bot.needs.model import Need, NeedChange, NeedId
from bot.people.model import Account, Channel, Person, PersonId, Reach, Role
from bot.ports import ChatLine, Dialogue, Installation, Unavailable, UnitOfWork
from bot.pulses.model import Answers, Part, Sealed, Wave, WaveId, WaveState
from storage.engine import LIMITS, Limits, Refused, TicketLock
from storage.memory_outbox import MemoryOutbox
from storage.memory_tables import Journal, Memory, Rows, clean
from storage.people import FURTHEST

V = TypeVar("V")
K = TypeVar("K")


class MemoryPeople:
    """Implements ``bot.ports.People``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def get(self, person: PersonId, /) -> Person | None:
        """Find a person."""
        return self._memory.persons.get(person)

    def by_account(self, account: AccountId, /) -> Person | None:
        """Find the person an account leads to."""
        found = self._memory.accounts.get(account)
        return None if found is None else self.get(found.person)

    def by_email(self, email: str, /) -> Person | None:
        """Find by verified address, letter case ignored."""
        wanted = email.casefold()
        return next((p for p in self._persons() if email and p.email.casefold() == wanted), None)

    def save(self, person: Person, /) -> None:
        """Add or change a person."""
        self._memory.persons[person.id] = clean(person)

    def account(self, account: AccountId, /) -> Account | None:
        """Find an account."""
        return self._memory.accounts.get(account)

    def accounts(self, person: PersonId, /) -> tuple[Account, ...]:
        """Return a person's accounts in order of id."""
        return tuple(one for one in _in_order(self._memory.accounts) if one.person == person)

    def save_account(self, account: Account, /) -> None:
        """Add or change an account."""
        if account.person not in self._memory.persons:
            raise Refused("an account needs its person")
        self._memory.accounts[account.id] = clean(account)

    def merge(self, gone: PersonId, kept: PersonId, /) -> None:
        """Give everything of ``gone`` to ``kept`` and delete ``gone``."""
        memory = self._memory
        _rename(memory.accounts, "person", gone, kept)
        _rename(memory.needs, "asker", gone, kept)
        _rename(memory.changes, "by", gone, kept)
        _rename(memory.announcements, "author", gone, kept)
        _rename(memory.waves, "launched_by", gone, kept)
        parts = memory.participation
        for wave, person in [key for key in parts if key[1] == gone]:
            states = [parts[wave, person], parts.get((wave, kept), Part.OPEN)]
            parts[wave, kept] = min(states, key=FURTHEST.index)
            del parts[wave, person]
        dialogue = memory.dialogues.pop(gone, None)
        if dialogue and kept not in memory.dialogues:
            memory.dialogues[kept] = replace(dialogue, person=kept)
        memory.persons.pop(gone, None)

    def with_role(self, role: Role, /) -> tuple[Person, ...]:
        """Return the active persons who hold a role, in order of id."""
        return tuple(one for one in self._persons() if one.active and role in one.roles)

    def names(self) -> tuple[str, ...]:
        """Return the names of all persons, leavers included, in any order."""
        return tuple(one.name for one in self._memory.persons.values())

    def reachable(self) -> tuple[Reach, ...]:
        """Return one way to each active person, in order of person id."""
        ways: dict[PersonId, list[Account]] = {}
        for account in _in_order(self._memory.accounts):
            if account.reachable:
                ways.setdefault(account.person, []).append(account)
        return tuple(
            Reach(
                person=one.id,
                account=min(ways[one.id], key=lambda way: way.id != one.preferred).id,
                locale=one.locale,
                zone=one.zone,
            )
            for one in self._persons()
            if one.active and one.id in ways
        )

    def count(self) -> int:
        """Return how many persons are active."""
        return sum(one.active for one in self._memory.persons.values())

    def channel(self, channel: ChannelId, /) -> Channel | None:
        """Find a channel."""
        return self._memory.channels.get(channel)

    def save_channel(self, channel: Channel, /) -> None:
        """Add or change a channel."""
        self._memory.channels[channel.id] = clean(channel)

    def channels(self) -> tuple[Channel, ...]:
        """Return the active channels in order of name, then id."""
        active = [one for one in self._memory.channels.values() if one.active]
        return tuple(sorted(active, key=lambda one: (one.name, one.id)))

    def _persons(self) -> list[Person]:
        return _in_order(self._memory.persons)


class MemoryNeeds:
    """Implements ``bot.ports.Needs``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, need: Need, /) -> Need:
        """Store a need whose id is 0; return it with the next number."""
        return self._memory.add(self._memory.needs, need)

    def get(self, need: NeedId, /) -> Need | None:
        """Find a need."""
        return self._memory.needs.get(need)

    def by_draft(self, draft: str, /) -> Need | None:
        """Find the need that a draft became."""
        return next((one for one in _in_order(self._memory.needs) if one.draft == draft), None)

    def save(self, need: Need, change: NeedChange, /) -> None:
        """Store the new state and its line of history."""
        _change(self._memory.needs, need)
        changes = self._memory.changes
        changes[changes.next_number()] = clean(change)

    def of(self, person: PersonId, /, limit: int = 20) -> tuple[Need, ...]:
        """Return a person's needs, newest first."""
        hers = [one for one in self._memory.needs.values() if one.asker == person]
        return tuple(sorted(hers, key=lambda one: one.id, reverse=True)[:limit])

    def history(self, need: NeedId, /) -> tuple[NeedChange, ...]:
        """Return all changes, oldest first."""
        changes = self._memory.changes
        return tuple(changes[one] for one in sorted(changes) if changes[one].need == need)


class MemoryPulses:
    """Implements ``bot.ports.Pulses``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, wave: Wave, invited: Sequence[PersonId], /) -> Wave:
        """Store a wave whose id is 0 and one open participation row per person."""
        added = self._memory.add(self._memory.waves, wave)
        for person in sorted(set(invited)):
            self._memory.participation[added.id, person] = Part.OPEN
        return added

    def get(self, wave: WaveId, /) -> Wave | None:
        """Find a wave."""
        return self._memory.waves.get(wave)

    def save(self, wave: Wave, /) -> None:
        """Change a wave."""
        _change(self._memory.waves, wave)

    def waves(self, *states: str) -> tuple[Wave, ...]:
        """Return the waves in these states, newest first."""
        wanted = {WaveState(state) for state in states}
        newest = reversed(_in_order(self._memory.waves))
        return tuple(wave for wave in newest if wave.state in wanted)

    def invite(self, wave: WaveId, person: PersonId, /) -> bool:
        """Add an open participation row; False if there is one."""
        if (wave, person) in self._memory.participation:
            return False
        self._memory.participation[wave, person] = Part.OPEN
        return True

    def asked(self, wave: WaveId, /) -> int:
        """Count those who were asked."""
        return len(self.panel(wave))

    def panel(self, wave: WaveId, /) -> tuple[PersonId, ...]:
        """Return who was asked, in order of person id."""
        return tuple(sorted(key[1] for key in self._memory.participation if key[0] == wave))

    def part(self, wave: WaveId, person: PersonId, /) -> Part | None:
        """Return how far a person took part; None if she was not asked."""
        return self._memory.participation.get((wave, person))

    def advance(self, wave: WaveId, person: PersonId, before: Part, after: Part, /) -> bool:
        """Move a participation row of an open wave; False if it was not in ``before``."""
        found = self._memory.waves.get(wave)
        if found is None or found.state is not WaveState.OPEN:
            return False
        if self._memory.participation.get((wave, person)) is not before:
            return False
        self._memory.participation[wave, person] = after
        return True

    def answered(self, wave: WaveId, /) -> int:
        """Count those who answered."""
        parts = self._memory.participation.items()
        return sum(key[0] == wave and part is not Part.OPEN for key, part in parts)

    def put_sealed(self, sealed: Sealed, /) -> None:
        """Store a box."""
        if sealed.slot in self._memory.sealed:
            raise Refused("a slot holds one box")
        self._memory.sealed[sealed.slot] = sealed

    def sealed(self, wave: WaveId, /) -> tuple[Sealed, ...]:
        """Return the boxes in order of their random slot."""
        boxes = self._memory.sealed
        return tuple(boxes[slot] for slot in sorted(boxes) if boxes[slot].wave == wave)

    def publish(self, wave: WaveId, answers: Answers, ids: Sequence[str], /) -> None:
        """Add the answers and delete the boxes; memory has no rows whose order could tell."""
        if len(ids) != len(answers.scores) + len(answers.comments):
            raise ValueError("each answer needs an id of its own")
        before = self._memory.answers.get(wave, Answers())
        self._memory.answers[wave] = Answers(
            scores=tuple(sorted(before.scores + answers.scores)),
            comments=tuple(sorted(before.comments + tuple(map(clean, answers.comments)))),
        )
        for box in self.sealed(wave):
            del self._memory.sealed[box.slot]
        parts = self._memory.participation
        for key in [one for one in parts if one[0] == wave and parts[one] is Part.COMMENTED]:
            parts[key] = Part.ANSWERED

    def answers(self, wave: WaveId, /) -> Answers:
        """Return the answers of a closed wave, sorted; empty before."""
        return self._memory.answers.get(wave, Answers())


class MemoryAnnouncements:
    """Implements ``bot.ports.Announcements``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, announcement: Announcement, /) -> Announcement:
        """Store one whose id is 0; return it with the next number."""
        return self._memory.add(self._memory.announcements, announcement)

    def get(self, announcement: AnnouncementId, /) -> Announcement | None:
        """Find an announcement."""
        return self._memory.announcements.get(announcement)

    def save(self, announcement: Announcement, /) -> None:
        """Change an announcement."""
        _change(self._memory.announcements, announcement)

    def sending(self) -> tuple[Announcement, ...]:
        """Return those being delivered, oldest first."""
        every = _in_order(self._memory.announcements)
        return tuple(one for one in every if one.state is AnnouncementState.SENDING)


class MemoryDialogues:
    """Implements ``bot.ports.Dialogues``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def get(self, person: PersonId, /) -> Dialogue | None:
        """Find a person's open dialogue; notes that the caller changes change nothing here."""
        found = self._memory.dialogues.get(person)
        return found and replace(found, notes=dict(found.notes))

    def save(self, dialogue: Dialogue, /) -> None:
        """Add or replace a person's dialogue."""
        self._memory.dialogues[dialogue.person] = replace(dialogue, notes=dict(dialogue.notes))

    def drop(self, person: PersonId, /) -> None:
        """End a person's dialogue, if there is one."""
        self._memory.dialogues.pop(person, None)


class MemoryHandledKeys:
    """Implements ``bot.ports.HandledKeys``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def claim(self, key: str, now: datetime, /) -> bool:
        """Take the key for this transaction; False if an earlier one committed with it."""
        if key in self._memory.handled:
            return False
        self._memory.handled[key] = (now, NOTHING)
        return True

    def keep(self, key: str, answer: Answer, /) -> None:
        """Keep what the event was answered with."""
        if key in self._memory.handled:
            self._memory.handled[key] = (self._memory.handled[key][0], answer)

    def answer(self, key: str, /) -> Answer:
        """Return what the event was answered with; nothing if that was not kept."""
        return self._memory.handled.get(key, (None, NOTHING))[1]

    def purge(self, before: datetime, /) -> int:
        """Forget keys older than ``before``; return how many."""
        return _forget(self._memory.handled, lambda kept: kept[0] < before)


class MemoryChat:
    """Implements ``bot.ports.Chat``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, line: ChatLine, /) -> ChatLine:
        """Store a line whose id is 0; return it with its id."""
        return self._memory.add(self._memory.lines, line)

    def edit(self, line: int, card: Card, /) -> bool:
        """Replace a card; False if there is no such line."""
        found = self._memory.lines.get(line)
        if found is None:
            return False
        self._memory.lines[line] = replace(found, card=card, edited=True)
        return True

    def get(self, line: int, /) -> ChatLine | None:
        """Find a line."""
        return self._memory.lines.get(line)

    def lines(self, conversation: ChannelId, /, limit: int = 200) -> tuple[ChatLine, ...]:
        """Return the newest lines of a conversation, oldest first."""
        every = _in_order(self._memory.lines)
        found = [line for line in every if line.conversation == conversation]
        return tuple(found[max(0, len(found) - limit) :])

    def home(self, account: AccountId, /) -> Card | None:
        """Find what an account's home surface shows."""
        return self._memory.homes.get(account)

    def save_home(self, account: AccountId, card: Card, /) -> None:
        """Replace an account's home surface."""
        self._memory.homes[account] = card


class MemoryInstallations:
    """Implements ``bot.ports.Installations``."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def get(self, workspace: str, /) -> Installation | None:
        """Return an installation; there is one transaction at a time anyway."""
        found = self._memory.installations.get(workspace)
        return found and replace(found, facts=dict(found.facts))

    def save(self, installation: Installation, /) -> None:
        """Add or change an installation."""
        self._memory.installations[installation.workspace] = replace(
            installation, facts=dict(installation.facts)
        )

    def all(self, platform: str, /) -> tuple[Installation, ...]:
        """Return a platform's installations in order of workspace."""
        every = self._memory.installations
        return tuple(every[one] for one in sorted(every) if one.startswith(f"{platform}:"))

    def issue_state(self, state: str, expires_at: datetime, /) -> None:
        """Remember a state until it expires or is used."""
        self._memory.states[state] = expires_at

    def consume_state(self, state: str, now: datetime, /) -> bool:
        """Use up a state; False if it is unknown, used or expired. Purges expired ones."""
        _forget(self._memory.states, lambda expires_at: expires_at <= now)
        return self._memory.states.pop(state, None) is not None


class MemoryUnitOfWork:
    """Implements ``bot.ports.UnitOfWork``: its turn begins with the first use, as in a database."""

    def __init__(
        self, memory: Memory, turn: TicketLock, queued: Callable[[], None], limits: Limits
    ) -> None:
        self._memory = memory
        self._turn = turn
        self._notify = queued
        self._limits = limits
        self._begun = False

    @property
    def people(self) -> MemoryPeople:
        """Persons, accounts and channels."""
        return MemoryPeople(self._begin())

    @property
    def needs(self) -> MemoryNeeds:
        """Needs and their history."""
        return MemoryNeeds(self._begin())

    @property
    def pulses(self) -> MemoryPulses:
        """Waves and their answers."""
        return MemoryPulses(self._begin())

    @property
    def announcements(self) -> MemoryAnnouncements:
        """Announcements."""
        return MemoryAnnouncements(self._begin())

    @property
    def dialogues(self) -> MemoryDialogues:
        """Open dialogues."""
        return MemoryDialogues(self._begin())

    @property
    def handled(self) -> MemoryHandledKeys:
        """Events handled before."""
        return MemoryHandledKeys(self._begin())

    @property
    def outbox(self) -> MemoryOutbox:
        """The way out."""
        return MemoryOutbox(self._begin())

    @property
    def chat(self) -> MemoryChat:
        """The browser chat's memory."""
        return MemoryChat(self._begin())

    @property
    def installations(self) -> MemoryInstallations:
        """Who installed the app."""
        return MemoryInstallations(self._begin())

    def lock(self, name: str, /) -> None:  # noqa: ARG002
        """Begin, which is enough: there is one transaction at a time."""
        self._begin()

    def commit(self) -> None:
        """Keep what was done, then tell whoever waits for outgoing rows."""
        if not self._begun:
            return
        self._memory.journal.forget()
        queued, self._memory.queued = self._memory.queued, False
        self._end()
        if queued:
            self._notify()

    def rollback(self) -> None:
        """Undo what was done."""
        if self._begun:
            self._memory.journal.undo()
            self._memory.queued = False
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.rollback()

    def _begin(self) -> Memory:
        if not self._begun:
            if not self._turn.acquire(self._limits.busy_seconds):
                raise Unavailable("the database is busy")
            self._begun = True
        return self._memory

    def _end(self) -> None:
        self._begun = False
        self._turn.release()


class MemoryStorage:
    """Implements ``storage.Storage``; what it holds ends with the process."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._memory = Memory(Journal())
        self._turn = TicketLock()
        self.on_commit: Callable[[], None] = _nobody

    def units(self) -> UnitOfWork:
        """Return a new unit of work."""
        return MemoryUnitOfWork(self._memory, self._turn, self._queued, self._limits)

    def check(self) -> None:
        """Find nothing wrong."""

    def migrate(self, revision: str = "head") -> None:
        """Do nothing: there is no older schema."""

    def ping(self) -> None:
        """Be there."""

    def vacuum(self) -> None:
        """Do nothing: nothing deleted is left."""

    def wipe(self) -> None:
        """Begin with nothing again, when it is its turn."""
        if not self._turn.acquire(self._limits.busy_seconds):
            raise Unavailable("the database is busy")
        self._memory = Memory(Journal())
        self._turn.release()

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _queued(self) -> None:
        self.on_commit()


def _in_order(rows: Rows[Any, V]) -> list[V]:
    """Return the rows in order of key."""
    return [rows[key] for key in sorted(rows)]


def _change(rows: Rows[int, V], record: V) -> None:
    """Replace a row; one that is not there stays away, as with an UPDATE."""
    number: int = record.id  # type: ignore[attr-defined] # all these records have one
    if number in rows:
        rows[number] = clean(record)


def _rename(rows: Rows[K, V], name: str, gone: PersonId, kept: PersonId) -> None:
    """Let rows name another person."""
    for key, record in list(rows.items()):
        if getattr(record, name) == gone:
            rows[key] = replace(record, **{name: kept})  # type: ignore[type-var]


def _forget(rows: Rows[K, V], old: Callable[[V], bool]) -> int:
    """Delete rows; return how many."""
    keys = [key for key, value in rows.items() if old(value)]
    for key in keys:
        del rows[key]
    return len(keys)


def _nobody() -> None:
    """Tell nobody."""
