"""Records for contract tests, plain where a test does not say otherwise."""

from datetime import UTC, datetime, timedelta

from bot.announcements.model import Announcement, AnnouncementId, AnnouncementState
from bot.delivery import DeliveryState, Outgoing, Step
from bot.heard import AccountId, ChannelId, MessageRef
from bot.messages import Card, Text, ToChannel, ToPerson
from bot.needs.model import Need, NeedChange, NeedId, NeedState
from bot.people.model import Account, Person, PersonId
from bot.ports import Notice, UnitOfWork
from bot.pulses.model import Wave, WaveId, WaveState

NOW = datetime(2026, 11, 2, 9, 0, 0, 123456, tzinfo=UTC)
SOON = NOW + timedelta(seconds=60)
M_REF = MessageRef("slack:T1:D1:1.1")
ALL_LANES = ("slack", "teams", "web")


def card(words: str = "Hello") -> Card:
    return Card(name="test", summary=words, parts=(Text(words=words),))


def person(uow: UnitOfWork, name: str, **more: object) -> PersonId:
    """Store a person and her account on Slack."""
    number = PersonId(name)
    uow.people.save(Person(id=number, name=name.title(), **more))  # type: ignore[arg-type]
    uow.people.save_account(Account(id=account_of(name), person=number))
    return number


def account_of(name: str) -> AccountId:
    return AccountId(f"slack:T1:{name}")


def to(name: str) -> ToPerson:
    return ToPerson(account=account_of(name))


def in_channel(name: str, thread: str = "") -> ToChannel:
    return ToChannel(channel=ChannelId(f"slack:T1:{name}"), thread=thread)


def notice(name: str, once: str, *, words: str = "Hello", batch: str = "") -> Notice:
    return Notice(to=to(name), card=card(words), once=once, batch=batch)


def need(asker: PersonId, words: str = "A printer", draft: str = "d1") -> Need:
    return Need(
        id=NeedId(0),
        asker=asker,
        words=words,
        department="Sales",
        link="https://chat.example/1",
        draft=draft,
        state=NeedState.SUBMITTED,
        asked_at=NOW,
        answer_due=SOON,
    )


def change(of: Need, by: PersonId, after: NeedState, reason: str = "") -> NeedChange:
    return NeedChange(need=of.id, by=by, at=NOW, before=of.state, after=after, reason=reason)


def wave(by: PersonId, state: WaveState = WaveState.OPEN) -> Wave:
    return Wave(
        id=WaveId(0),
        question="How was your week?",
        state=state,
        launched_by=by,
        opened_at=NOW,
        closes_at=SOON,
        public_key="ab" * 32,
        invited=2,
    )


def announcement(by: PersonId, title: str = "New laptops") -> Announcement:
    return Announcement(
        id=AnnouncementId(0),
        author=by,
        title=title,
        words="They are here.",
        channel=ChannelId(""),
        state=AnnouncementState.DRAFT,
        drafted_at=NOW,
    )


def claim(
    uow: UnitOfWork,
    *,
    owner: str = "relay",
    now: datetime = NOW,
    limit: int = 100,
    lanes: tuple[str, ...] = ALL_LANES,
) -> tuple[Outgoing, ...]:
    """Claim rows for a minute."""
    lease = now + timedelta(seconds=60)
    return uow.outbox.claim(owner=owner, now=now, lease_until=lease, limit=limit, lanes=lanes)


def sent(message: str = "", route: str = "") -> Step:
    return Step(
        state=DeliveryState.SENT,
        due_at=NOW,
        attempt=0,
        message=MessageRef(message),
        route=route,
    )


def failed(reason: str = "channel_not_found", *, unreachable: bool = False) -> Step:
    return Step(
        state=DeliveryState.FAILED, due_at=NOW, attempt=0, reason=reason, unreachable=unreachable
    )


def again(due_at: datetime, *, attempt: int = 1, pause: bool = False) -> Step:
    return Step(
        state=DeliveryState.QUEUED, due_at=due_at, attempt=attempt, reason="later", pause=pause
    )
