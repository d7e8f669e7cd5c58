"""A conversation in memory: people say and press things, the test reads what they would see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

from adapters import plain
from adapters.ai.offline import OfflineUnderstanding
from adapters.voice import voice
from bot.actions import Action
from bot.conversation import hear
from bot.delivery import Delivered, Found, Op, Outcome, Outgoing, next_step
from bot.heard import (
    AccountId,
    ChannelId,
    Commanded,
    Heard,
    Joined,
    MessageRef,
    Opened,
    Pressed,
    Profile,
    Said,
    Submitted,
)
from bot.messages import Answer, Button, Buttons, Card, Dialog, ToChannel, ToPerson
from bot.people import handlers as people
from bot.ports import Tools, UnitOfWork
from storage.memory import MemoryStorage

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
CIO = "web:demo:cio"
T = TypeVar("T")


class ClearSealer:
    """Keep what is sealed in a dict, so that a test sees what was sealed and destroyed."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.spoilt: set[bytes] = set()
        self.spoilt_once = False
        self._number = count(1)

    def new_key(self) -> str:
        key = f"{next(self._number):064x}"
        self.keys.add(key)
        return key

    def seal(self, public_key: str, words: bytes) -> bytes:
        assert public_key in self.keys
        return words

    def open(self, public_key: str, box: bytes) -> bytes:
        if public_key not in self.keys:
            raise KeyError(public_key)
        if box in self.spoilt and self.spoilt_once:
            self.spoilt_once = False
            raise ValueError("this box does not open")
        return box

    def destroy(self, public_key: str) -> None:
        self.keys.discard(public_key)


@dataclass
class Seen:
    """One message as its reader has it now."""

    to: str
    card: Card
    edits: int = 0


@dataclass
class Talk:
    """One instance in memory with a clock that stands still unless moved."""

    store: MemoryStorage = field(default_factory=MemoryStorage)
    now: datetime = NOW
    sealer: ClearSealer = field(default_factory=ClearSealer)
    messages: dict[str, Seen] = field(default_factory=dict)
    homes: dict[str, Card] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    _keys: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        ids = count(1)
        self.tools = Tools(
            voice=voice,
            understanding=OfflineUnderstanding(),
            sealer=self.sealer,
            new_id=lambda: f"{next(ids):032x}",
            shuffle=list.sort,
            cio=frozenset({CIO}),
        )

    def person(
        self, name: str, *, email: str = "", department: str = "", locale: str = "", zone: str = ""
    ) -> "Someone":
        """Return somebody who may talk; their first words make them known."""
        account = AccountId(f"web:demo:{name}")
        self.profiles[account] = Profile(
            name=name.title(), email=email, department=department, locale=locale, zone=zone
        )
        return Someone(talk=self, account=account)

    def hear(self, event: Heard) -> Answer:
        """Hand an event in, commit, and let the outbox run dry."""
        with self.store.units() as uow:
            answer = hear(uow, event, self.tools, self.now)
            uow.commit()
        self.relay()
        return answer

    def work(self, act: Callable[[UnitOfWork], T]) -> T:
        """Run something in a unit of work of its own."""
        with self.store.units() as uow:
            result = act(uow)
            uow.commit()
        self.relay()
        return result

    def relay(self) -> None:
        """Deliver everything that is due to the readers."""
        while True:
            with self.store.units() as uow:
                items = uow.outbox.claim(
                    owner="t",
                    now=self.now,
                    lease_until=self.now + timedelta(minutes=1),
                    limit=500,
                    lanes=("web",),
                )
                for item in items:
                    outcome = self._deliver(item, uow)
                    step = next_step(item, outcome, now=self.now, jitter=0.5)
                    uow.outbox.settle(item, step, owner="t", now=self.now)
                uow.commit()
            if not items:
                return

    def _deliver(self, item: Outgoing, uow: UnitOfWork) -> Outcome:
        to = item.to.account if isinstance(item.to, ToPerson) else item.to.channel
        if to in self.outcomes and item.op is Op.POST:
            return self.outcomes[to]
        if item.op is Op.LOOKUP:
            found = Found(profile=self.profiles.get(to, Profile()), channel_name="general")
            if isinstance(item.to, ToPerson):
                people.learn(uow, item.to.account, found.profile, self.tools)
            else:
                people.learn_channel(uow, item.to.channel, found.channel_name)
            return found
        assert item.card is not None
        if item.op is Op.HOME:
            self.homes[to] = item.card
            return Delivered()
        if item.op is Op.UPDATE:
            self.messages[item.message].card = item.card
            self.messages[item.message].edits += 1
            return Delivered(message=item.message)
        ref = f"web:demo:m{len(self.messages) + 1}"
        thread = f"#{item.to.thread}" if isinstance(item.to, ToChannel) and item.to.thread else ""
        self.messages[ref] = Seen(to=f"{to}{thread}", card=item.card)
        return Delivered(message=MessageRef(ref))

    def key(self) -> str:
        """Return a new event key."""
        return f"web:{next(self._keys)}"


@dataclass
class Someone:
    """A person with one account."""

    talk: Talk
    account: AccountId

    def base(self, key: str = "", place: str = "") -> dict[str, object]:
        """Return what every event of this person carries."""
        return {
            "key": key or self.talk.key(),
            "account": self.account,
            "place": ChannelId(place or f"{self.account}-dm"),
            "private": not place,
            "thread": "t1" if place else "",
            "profile": self.talk.profiles[self.account],
        }

    def says(self, words: str, *, place: str = "", key: str = "") -> Answer:
        """Write to the bot."""
        return self.talk.hear(Said(**self.base(key, place), words=words))  # type: ignore[arg-type]

    def commands(self, words: str, command: str = Action.MENU, link: str = "") -> Answer:
        """Use the slash command."""
        event = Commanded(**self.base(), command=command, words=words, link=link)  # type: ignore[arg-type]
        return self.talk.hear(event)

    def opens_home(self) -> Card:
        """Open the home surface and look at it."""
        self.talk.hear(Opened(**self.base()))  # type: ignore[arg-type]
        return self.talk.homes[self.account]

    def joins(self, place: str = "") -> Answer:
        """Add the bot."""
        return self.talk.hear(Joined(**self.base("", place), channel_name="general"))  # type: ignore[arg-type]

    def presses(
        self,
        action: str,
        argument: str | None = None,
        *,
        key: str = "",
        place: str = "",
        **values: str,
    ) -> Answer:
        """Press a button; without an argument the newest one with that action."""
        ref, found = self._find(action) if argument is None else ("", argument)
        event = Pressed(
            **self.base(key, place),  # type: ignore[arg-type]
            action=action,
            argument=found,
            values={name: (value,) for name, value in values.items()},
            message=MessageRef(ref),
        )
        return self.talk.hear(event)

    def submits(self, dialog: Dialog | None, *, key: str = "", **values: str) -> Answer:
        """Send a dialog with these values."""
        assert dialog is not None
        event = Submitted(
            **self.base(key),  # type: ignore[arg-type]
            action=dialog.action,
            argument=dialog.argument,
            values={name: (value,) for name, value in values.items()},
        )
        return self.talk.hear(event)

    def cards(self) -> list[Card]:
        """Return this person's direct messages as they stand, oldest first."""
        return [seen.card for seen in self.talk.messages.values() if seen.to == self.account]

    def names(self) -> list[str]:
        """Return the names of this person's cards, oldest first."""
        return [card.name for card in self.cards()]

    @property
    def last(self) -> Card:
        """Return the newest card."""
        return self.cards()[-1]

    def _find(self, action: str) -> tuple[str, str]:
        for ref, seen in reversed(self.talk.messages.items()):
            if seen.to != self.account:
                continue
            for button in buttons(seen.card):
                if button.action == action:
                    return ref, button.argument
        msg = f"no card of {self.account} has a button {action}"
        raise AssertionError(msg)


def buttons(card: Card) -> list[Button]:
    """Return all buttons of a card."""
    return [one for part in card.parts if isinstance(part, Buttons) for one in part.buttons]


def words(card: Card) -> str:
    """Return a card as plain text."""
    return plain.render(card)
