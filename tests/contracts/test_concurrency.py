"""Many at once: the same request, the same person, the same row."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from bot.messages import Answer
from bot.people.model import PersonId
from bot.ports import UnitOfWork
from bot.pulses.model import Kind, Part, Sealed, WaveId, WaveState
from storage import Storage
from tests.contracts.examples import NOW, SOON, card, claim, notice, person, sent, wave

T = TypeVar("T")


def at_once(store: Storage, times: int, act: Callable[[UnitOfWork, int], T]) -> list[T]:
    """Do it in as many threads, which all begin together, and commit."""
    ready = threading.Barrier(times)

    def one(number: int) -> T:
        ready.wait()
        with store.units() as uow:
            done = act(uow, number)
            uow.commit()
            return done

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_one_of_four_claims_a_key(store: Storage) -> None:
    """The others see its answer, so that a redelivery is answered alike."""

    def handle(uow: UnitOfWork, number: int) -> tuple[bool, Answer]:
        new = uow.handled.claim("k", NOW)
        if new:
            uow.handled.keep("k", Answer(card=card(f"from {number}")))
        return new, uow.handled.answer("k")

    results = at_once(store, 4, handle)
    assert sorted(new for new, _ in results) == [False, False, False, True]
    assert len({answer.card for _, answer in results}) == 1


def test_a_key_whose_claimer_failed_is_free_for_the_one_who_waits(store: Storage) -> None:
    """The first transaction ends without commit while the second stands behind it."""
    claimed, go_on = threading.Event(), threading.Event()

    def second() -> bool:
        claimed.wait()
        go_on.set()
        with store.units() as uow:
            return uow.handled.claim("k", NOW)

    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(second)
        with store.units() as uow:
            assert uow.handled.claim("k", NOW)
            claimed.set()
            go_on.wait()
        assert task.result()


def test_one_of_fifty_presses_counts(store: Storage) -> None:
    """One person's participation moves once, with one box."""
    with store.units() as uow:
        ann = person(uow, "ann")
        kept: WaveId = uow.pulses.add(wave(ann), [ann]).id
        uow.commit()

    def answer(uow: UnitOfWork, number: int) -> bool:
        moved = uow.pulses.advance(kept, ann, Part.OPEN, Part.ANSWERED)
        if moved:
            uow.pulses.put_sealed(Sealed(wave=kept, kind=Kind.SCORE, slot=str(number), box=b"x"))
        return moved

    moved = [done for _ in range(5) for done in at_once(store, 10, answer)]
    assert moved.count(True) == 1
    with store.units() as uow:
        assert len(uow.pulses.sealed(kept)) == 1
        assert uow.pulses.answered(kept) == 1


def test_who_closes_sees_every_answer(store: Storage) -> None:
    """An answer is stored before the close or refused by it, never between the two."""
    with store.units() as uow:
        names = [person(uow, f"p{number}") for number in range(8)]
        kept = uow.pulses.add(wave(names[0]), names)
        uow.commit()

    def act(uow: UnitOfWork, number: int) -> int:
        if number == 0:
            uow.pulses.save(replace(kept, state=WaveState.CLOSING))
            return len(uow.pulses.sealed(kept.id))
        moved = uow.pulses.advance(kept.id, names[number], Part.OPEN, Part.ANSWERED)
        if moved:
            uow.pulses.put_sealed(Sealed(wave=kept.id, kind=Kind.SCORE, slot=str(number), box=b"x"))
        return int(moved)

    seen, *answers = at_once(store, 8, act)
    assert seen == sum(answers)


def test_two_relays_never_have_the_same_row(store: Storage) -> None:
    """Together they send everything, each row once and each place in order."""
    places = [f"p{number}" for number in range(10)]
    with store.units() as uow:
        for turn in range(3):
            uow.outbox.put(*(notice(name, f"{name} {turn}") for name in places))
        uow.commit()
    taken: list[tuple[int, str]] = []

    def relay(uow: UnitOfWork, number: int) -> None:
        owner = f"relay {number}"
        while True:
            items = claim(uow, owner=owner, limit=4)
            uow.commit()
            for item in items:
                taken.append((item.id, getattr(item.to, "account", "")))
                assert uow.outbox.settle(item, sent(), owner=owner, now=NOW)
                uow.commit()
            if all(uow.outbox.state(f"{name} 2") == "sent" for name in places):
                return
            uow.rollback()

    at_once(store, 2, relay)
    assert len(taken) == len({number for number, _ in taken}) == 30
    for place in {place for _, place in taken}:
        numbers = [number for number, where in taken if where == place]
        assert numbers == sorted(numbers)


def test_expired_leases_are_given_up_once(store: Storage) -> None:
    """However many sweep at the same moment."""
    with store.units() as uow:
        uow.outbox.put(*(notice(f"p{number}", str(number)) for number in range(20)))
        assert len(claim(uow)) == 20
        uow.commit()
    assert sum(at_once(store, 4, lambda uow, _: uow.outbox.expire(SOON))) == 20


def test_many_queue_the_same_broadcast(store: Storage) -> None:
    """A request that comes four times makes each copy once."""
    notices = [notice(f"p{number}", f"a:{number}", batch="a") for number in range(200)]
    new = at_once(store, 4, lambda uow, _: uow.outbox.put(*notices))
    assert sorted(new) == [0, 0, 0, 200]
    with store.units() as uow:
        assert uow.outbox.tally("a").planned == 200


def test_one_of_many_uses_a_state_of_installing(store: Storage) -> None:
    """The code of an installation is exchanged once."""
    with store.units() as uow:
        uow.installations.issue_state("s", SOON)
        uow.commit()
    used = at_once(store, 4, lambda uow, _: uow.installations.consume_state("s", NOW))
    assert used.count(True) == 1


def test_many_save_the_same_person(store: Storage) -> None:
    """First contact on two platforms at once is no fault."""

    def meet(uow: UnitOfWork, number: int) -> PersonId:
        return person(uow, "ann", locale=str(number))

    at_once(store, 8, meet)
    with store.units() as uow:
        assert uow.people.count() == 1


def test_many_amend_the_same_message(store: Storage) -> None:
    """There is one row to send, whoever came first."""
    with store.units() as uow:
        uow.outbox.put(notice("ann", "1"))
        (item,) = claim(uow)
        uow.outbox.settle(item, sent("slack:T1:D1:1.1"), owner="relay", now=NOW)
        uow.commit()
    at_once(store, 8, lambda uow, number: uow.outbox.amend("1", card(f"version {number}")))
    with store.units() as uow:
        assert len(claim(uow)) == 1
