"""The relay on real databases: order, retries, crashes, two of everything."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

from adapters.outbox import LEASE, Relay
from bot.delivery import (
    Delivered,
    Found,
    Gone,
    Outcome,
    Outgoing,
    RateLimited,
    Unanswered,
    Unreachable,
)
from bot.heard import AccountId, MessageRef, Profile
from bot.messages import Card, Text, ToPerson
from bot.people.model import Account, Person, PersonId
from bot.ports import Notice, Unavailable, UnitOfWork
from storage import Storage
from tests.bot.talk import Talk

TOOLS = Talk().tools


class Platform:
    """A sender that keeps what it was given and answers as told."""

    platform = "slack"

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.sent: list[tuple[str, str]] = []
        self.outcomes = list(outcomes)
        self.hold: asyncio.Event | None = None
        self.started = asyncio.Event()

    async def send(self, item: Outgoing) -> Outcome:
        words = item.card.summary if item.card else "?"
        assert isinstance(item.to, ToPerson)
        self.sent.append((item.to.account.rsplit(":", 1)[1], words))
        self.started.set()
        if self.hold is not None:
            await self.hold.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome or Delivered(message=MessageRef(f"slack:T1:D1:{len(self.sent)}"))

    async def close(self) -> None:
        """Nothing is open."""


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def relay(store: Storage, platform: Platform, clock: Time, owner: str = "a") -> Relay:
    """Return a relay over the store."""
    return Relay(store.units, [platform], TOOLS, owner=owner, clock=clock)


def card(words: str) -> Card:
    return Card(name="t", summary=words, parts=(Text(words=words),))


def put(store: Storage, *rows: tuple[str, str]) -> None:
    """Queue (person, words); the words are the key too."""
    with store.units() as uow:
        for name, _ in rows:
            account = AccountId(f"slack:T1:{name}")
            if uow.people.account(account) is None:
                uow.people.save(Person(id=PersonId(name), preferred=account))
                uow.people.save_account(Account(id=account, person=PersonId(name)))
        uow.outbox.put(
            *(
                Notice(
                    to=ToPerson(account=AccountId(f"slack:T1:{name}")),
                    card=card(words),
                    once=words,
                    batch="b",
                )
                for name, words in rows
            )
        )
        uow.commit()


def state(store: Storage, once: str) -> str:
    with store.units() as uow:
        return uow.outbox.state(once)


async def test_messages_to_one_person_keep_their_order(store: Storage) -> None:
    """However many are on their way at once, one conversation reads as it was written."""
    platform, clock = Platform(), Time()
    rows = [(f"U{n % 3}", f"w{n:02}") for n in range(30)]
    put(store, *rows)
    await relay(store, platform, clock).drain()
    for person in ("U0", "U1", "U2"):
        assert [w for p, w in platform.sent if p == person] == [w for p, w in rows if p == person]


async def test_two_relays_send_each_message_once(store: Storage) -> None:
    """Two workers on one outbox."""
    platform, clock = Platform(), Time()
    put(store, *[(f"U{n}", f"w{n}") for n in range(60)])
    await asyncio.gather(
        relay(store, platform, clock, "a").drain(), relay(store, platform, clock, "b").drain()
    )
    assert sorted(words for _, words in platform.sent) == sorted(f"w{n}" for n in range(60))
    with store.units() as uow:
        assert uow.outbox.tally("b").sent == 60


async def test_a_refused_rate_pauses_the_lane_for_as_long_as_asked(store: Storage) -> None:
    """One 429 stops the workspace; afterwards everything arrives, nothing twice."""
    platform, clock = Platform(RateLimited(after=7)), Time()
    put(store, ("U1", "w1"))
    worker = relay(store, platform, clock)
    await worker.drain()
    put(store, ("U2", "w2"))
    await worker.drain()
    assert [w for _, w in platform.sent] == ["w1"]
    clock.now += timedelta(seconds=6.9)
    await worker.drain()
    assert len(platform.sent) == 1
    clock.now += timedelta(seconds=0.2)
    await worker.drain()
    assert sorted(w for _, w in platform.sent) == ["w1", "w1", "w2"]
    assert (state(store, "w1"), state(store, "w2")) == ("sent", "sent")


async def test_what_was_not_sent_is_tried_again_and_what_may_have_been_is_not(
    store: Storage,
) -> None:
    """No connection: again. No answer: unknown, for a person to decide."""
    platform, clock = Platform(Unreachable(reason="refused"), Unanswered(reason="timeout")), Time()
    put(store, ("U1", "w1"))
    worker = relay(store, platform, clock)
    await worker.drain()
    assert state(store, "w1") == "queued"
    clock.now += timedelta(seconds=2)
    await worker.drain()
    assert state(store, "w1") == "unknown"
    clock.now += timedelta(days=1)
    await worker.drain()
    assert len(platform.sent) == 2


async def test_a_sender_that_breaks_loses_nothing(store: Storage) -> None:
    """A defect in a sender counts as unanswered: known, listed, not repeated."""
    platform, clock = Platform(RuntimeError("secret words")), Time()
    put(store, ("U1", "w1"), ("U2", "w2"))
    await relay(store, platform, clock).drain()
    assert {state(store, "w1"), state(store, "w2")} == {"unknown", "sent"}


async def test_who_is_gone_is_not_written_to_again(store: Storage) -> None:
    """The account is marked with the reason."""
    platform, clock = Platform(Gone(reason="account_inactive")), Time()
    put(store, ("U1", "w1"))
    await relay(store, platform, clock).drain()
    with store.units() as uow:
        account = uow.people.account(AccountId("slack:T1:U1"))
        assert account is not None
        assert (account.reachable, account.reason) == (False, "account_inactive")
        assert uow.people.reachable() == ()


async def test_a_worker_that_dies_leaves_its_posts_unknown_not_doubled(store: Storage) -> None:
    """Its lease runs out; the next worker does not send again by itself."""
    platform, clock = Platform(), Time()
    platform.hold = asyncio.Event()
    put(store, ("U1", "w1"))
    first = relay(store, platform, clock, "a")
    running = asyncio.create_task(first.run())
    await platform.started.wait()
    clock.now += LEASE + timedelta(seconds=1)
    other = Platform()
    second = relay(store, other, clock, "b")
    await second.expire()
    await second.drain()
    assert other.sent == []
    assert state(store, "w1") == "unknown"
    platform.hold.set()
    await first.stop()
    await running
    assert state(store, "w1") == "unknown"


async def test_a_lookup_makes_the_person_known(store: Storage) -> None:
    """What the platform says of an account is written with the outcome."""
    platform = Platform(Found(profile=Profile(name="Ada", email="ada@example.com")))
    put(store, ("U1", "w1"))
    with store.units() as uow:
        uow.outbox.lookup(ToPerson(account=AccountId("slack:T1:U1")))
        uow.commit()
    clock = Time()
    platform.outcomes.insert(0, Delivered(message=MessageRef("slack:T1:D1:1")))
    await relay(store, platform, clock).drain()
    with store.units() as uow:
        found = uow.people.by_account(AccountId("slack:T1:U1"))
    assert found is not None
    assert (found.name, found.email) == ("Ada", "ada@example.com")


async def test_a_nudge_wakes_the_relay_at_once_and_stop_finishes_what_is_under_way(
    store: Storage,
) -> None:
    """No waiting for the next look; nothing is dropped at the end."""
    platform, clock = Platform(), Time()
    worker = relay(store, platform, clock)
    worker.nudge()
    store.on_commit = worker.nudge
    running = asyncio.create_task(worker.run())
    await asyncio.to_thread(put, store, ("U1", "w1"))
    async with asyncio.timeout(5):
        await platform.started.wait()
    await worker.stop()
    await running
    assert state(store, "w1") == "sent"


class Flaky:
    """Units of work whose database is away for the first few uses."""

    def __init__(self, store: Storage, away: int) -> None:
        self.store = store
        self.away = away

    def __call__(self) -> UnitOfWork:
        if self.away:
            self.away -= 1
            raise Unavailable("the database is away")
        return self.store.units()


async def test_an_outcome_is_kept_until_the_database_is_back(store: Storage) -> None:
    """A send that was answered is never forgotten for want of a database."""
    platform, clock = Platform(), Time()
    put(store, ("U1", "w1"))
    units = Flaky(store, 0)
    worker = Relay(units, [platform], TOOLS, owner="a", clock=clock)
    platform.hold = asyncio.Event()
    draining = asyncio.create_task(worker.drain())
    await platform.started.wait()
    units.away = 2
    platform.hold.set()
    await draining
    assert state(store, "w1") == "sent"


async def test_a_database_away_only_delays_the_relay(store: Storage) -> None:
    """Claiming goes on once it is back."""
    platform, clock = Platform(), Time()
    put(store, ("U1", "w1"))
    worker = Relay(Flaky(store, 1), [platform], TOOLS, owner="a", clock=clock)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        await platform.started.wait()
    await worker.stop()
    await running
    assert state(store, "w1") == "sent"


class Slow:
    """Units of work whose claims take until they are let go."""

    def __init__(self, store: Storage) -> None:
        self.store = store
        self.asked = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> UnitOfWork:
        if not self.asked.is_set():
            self.asked.set()
            self.go.wait(10)
        return self.store.units()


async def test_what_is_claimed_while_stopping_is_still_sent_and_settled(store: Storage) -> None:
    """A stop in the middle of a claim leaves no row behind with a lease."""
    platform, clock = Platform(), Time()
    put(store, ("U1", "w1"))
    units = Slow(store)
    worker = Relay(units, [platform], TOOLS, owner="a", clock=clock)
    running = asyncio.create_task(worker.run())
    await asyncio.to_thread(units.asked.wait, 10)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    units.go.set()
    await stopping
    await running
    assert state(store, "w1") == "sent"
