"""Transactions: all or nothing, one after the other, and a word to whoever waits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bot.people.model import Person, PersonId
from bot.ports import Dialogue, Installation, Unavailable, UnitOfWork
from bot.pulses.model import Answers, Kind, Part, Sealed, WaveId
from storage import Limits, Refused, Storage, open_storage
from tests.contracts.examples import (
    M_REF,
    NOW,
    SOON,
    account_of,
    announcement,
    card,
    claim,
    need,
    notice,
    person,
    sent,
    to,
    wave,
)


def fill(uow: UnitOfWork) -> None:
    """Write into everything."""
    ann = person(uow, "ann")
    uow.needs.add(need(ann))
    kept = uow.pulses.add(wave(ann), [ann])
    uow.pulses.advance(kept.id, ann, Part.OPEN, Part.ANSWERED)
    uow.pulses.put_sealed(Sealed(wave=kept.id, kind=Kind.SCORE, slot="s", box=b"x"))
    uow.pulses.publish(kept.id, Answers(scores=(7,), comments=("c",)), ["1", "2"])
    uow.announcements.add(announcement(ann))
    uow.dialogues.save(Dialogue(person=ann, step="s"))
    uow.handled.claim("k", NOW)
    uow.outbox.put(notice("ann", "1", batch="b"))
    uow.outbox.home(account_of("ann"), card())
    uow.outbox.lookup(to("ann"))
    uow.outbox.update(M_REF, to("ann"), card())
    uow.chat.save_home(account_of("ann"), card())
    uow.installations.save(Installation(workspace="slack:T1", secrets=b"x", installed_at=NOW))
    uow.installations.issue_state("s", SOON)


def is_empty(store: Storage) -> bool:
    with store.units() as uow:
        return (
            uow.people.get(PersonId("ann")) is None
            and uow.people.account(account_of("ann")) is None
            and uow.needs.by_draft("d1") is None
            and uow.pulses.waves("open", "closed") == ()
            and uow.announcements.sending() == ()
            and uow.dialogues.get(PersonId("ann")) is None
            and uow.outbox.state("1") == ""
            and uow.outbox.next_due() is None
            and claim(uow) == ()
            and uow.chat.home(account_of("ann")) is None
            and uow.installations.all("slack") == ()
            and not uow.installations.consume_state("s", NOW)
            and uow.handled.claim("k", NOW)
        )


def leave(uow: UnitOfWork) -> None:
    """Leave the block without commit."""
    fill(uow)


def roll_back(uow: UnitOfWork) -> None:
    fill(uow)
    uow.rollback()
    uow.commit()


def fail(uow: UnitOfWork) -> None:
    fill(uow)
    raise ZeroDivisionError


@pytest.mark.parametrize("end", [leave, roll_back, fail])
def test_without_commit_nothing_is_left(store: Storage, end: Callable[[UnitOfWork], None]) -> None:
    """Whatever was written, however the block was left."""
    try:
        with store.units() as uow:
            end(uow)
    except ZeroDivisionError:
        pass
    assert is_empty(store)


def test_a_rollback_restores_what_was_changed(store: Storage) -> None:
    """Rows changed and deleted come back, not only new ones away."""
    with store.units() as uow:
        fill(uow)
        uow.commit()
    with store.units() as uow:
        (post, *_) = claim(uow)
        uow.outbox.settle(post, sent(), owner="relay", now=NOW)
        uow.people.save(Person(id=PersonId("ann"), name="Other"))
        uow.dialogues.drop(PersonId("ann"))
        uow.people.merge(PersonId("ann"), person(uow, "bob"))
        uow.installations.consume_state("s", NOW)
        uow.handled.purge(SOON)
    with store.units() as uow:
        assert uow.people.get(PersonId("ann")) == Person(id=PersonId("ann"), name="Ann")
        assert uow.people.get(PersonId("bob")) is None
        assert uow.dialogues.get(PersonId("ann")) is not None
        assert uow.outbox.state("1") == "queued"
        assert uow.installations.consume_state("s", NOW)
        assert not uow.handled.claim("k", NOW)


def test_a_unit_goes_on_after_commit(store: Storage) -> None:
    """What follows is a transaction of its own."""
    with store.units() as uow:
        person(uow, "ann")
        uow.commit()
        person(uow, "bob")
    with store.units() as uow:
        assert uow.people.get(PersonId("ann")) is not None
        assert uow.people.get(PersonId("bob")) is None


def test_uncommitted_work_is_seen_by_itself_alone(store: Storage) -> None:
    """Another unit sees it after the commit."""
    seen = []
    with store.units() as uow:
        person(uow, "ann")
        assert uow.people.get(PersonId("ann")) is not None
        uow.commit()
        with store.units() as other:
            seen.append(other.people.get(PersonId("ann")))
    assert seen == [Person(id=PersonId("ann"), name="Ann")]


def test_a_commit_with_outgoing_rows_tells(store: Storage) -> None:
    """Once per commit, after it, and only if something waits to go out."""
    told: list[str] = []

    def hear() -> None:
        with store.units() as uow:
            told.append(uow.outbox.state("1"))

    store.on_commit = hear
    with store.units() as uow:
        person(uow, "ann")
        uow.commit()
        uow.outbox.put(notice("ann", "1"))
        assert told == []
        uow.commit()
        assert told == ["queued"]
        assert uow.outbox.put(notice("ann", "1")) == 0
        uow.commit()
        uow.outbox.put(notice("ann", "2"))
        uow.rollback()
        uow.commit()
    assert told == ["queued"]
    asks: list[Callable[[UnitOfWork], None]] = [
        lambda uow: uow.outbox.home(account_of("ann"), card()),
        lambda uow: uow.outbox.lookup(to("ann")),
        lambda uow: uow.outbox.update(M_REF, to("ann"), card()),
    ]
    for ask in asks:
        with store.units() as uow:
            ask(uow)
            uow.commit()
    assert len(told) == 4


def test_nothing_to_commit_is_no_fault(store: Storage) -> None:
    """A handler that decided to do nothing commits too."""
    with store.units() as uow:
        uow.commit()
        uow.rollback()


def test_a_lock_is_held_until_the_end(store: Storage) -> None:
    """Whoever wants the same name waits; on one writer everyone does."""
    order: list[str] = []
    held, wanted = threading.Event(), threading.Event()

    def second() -> None:
        held.wait()
        with store.units() as uow:
            wanted.set()
            uow.lock("seed")
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(second)
        with store.units() as uow:
            uow.lock("seed")
            held.set()
            wanted.wait()
            order.append("first")
            uow.commit()
        task.result()
    assert order == ["first", "second"]


def test_ping_check_and_vacuum_are_quiet_when_all_is_well(store: Storage) -> None:
    """A fresh, migrated store can be used."""
    store.ping()
    store.check()
    with store.units() as uow:
        fill(uow)
        uow.commit()
    store.vacuum()
    store.migrate()
    with store.units() as uow:
        assert uow.people.get(PersonId("ann")) is not None


def test_a_wipe_leaves_an_empty_store(store: Storage) -> None:
    """All rows of all tables go, and the store works on."""
    with store.units() as uow:
        fill(uow)
        uow.commit()
    store.wipe()
    assert is_empty(store)
    store.check()
    with store.units() as uow:
        fill(uow)
        uow.commit()


def test_a_unit_of_a_busy_memory_is_refused() -> None:
    """As on SQLite: whoever waits too long is told to try again."""
    store = open_storage("memory:", Limits(busy_seconds=0.01))
    with store.units() as outer, ThreadPoolExecutor(1) as pool:
        outer.lock("any")
        for act in (lambda: store.units().people, store.wipe):
            with pytest.raises(Unavailable, match="busy"):
                pool.submit(act).result()
    store.wipe()
    store.close()


def test_a_slot_holds_one_box(store: Storage) -> None:
    """128 random bits never meet; if they do, no answer is lost silently."""
    box = Sealed(wave=WaveId(1), kind=Kind.SCORE, slot="s", box=b"x")
    with store.units() as uow:
        uow.pulses.put_sealed(box)
        with pytest.raises(Refused):
            uow.pulses.put_sealed(box)


def test_changing_what_is_not_there_adds_nothing(store: Storage) -> None:
    """A save of a need, a wave or an announcement is a change of a known one."""
    with store.units() as uow:
        ann = person(uow, "ann")
        lost = replace(announcement(ann), id=uow.announcements.add(announcement(ann)).id)
        uow.rollback()
        uow.announcements.save(lost)
        assert uow.announcements.get(lost.id) is None
