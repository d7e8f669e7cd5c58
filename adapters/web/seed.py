"""The fictional organisation of the demo: Alder & Finch, a maker of garden tools.

Four departments, forty people, and what they said to each other and to the bot over the last
three months. Nothing is written beside the core: every need, pulse and announcement is heard by
``bot.conversation`` at its own past time, and what the outbox holds is delivered on the spot.
The same texts and numbers come out every time; only random ids differ.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import TypeAlias, TypedDict

from adapters.web import parse, stories
from adapters.web.send import BOT
from adapters.web.stories import PEOPLE, News, Remark, Survey, Wish
from bot import conversation
from bot.actions import Action
from bot.announcements import handlers as announcements
from bot.announcements.cards import CHANNEL, EVERYONE, TITLE, WORDS
from bot.delivery import DeliveryState, Op, Outgoing, Step
from bot.heard import (
    AccountId,
    ChannelId,
    Heard,
    Joined,
    MessageRef,
    Pressed,
    Said,
    Submitted,
)
from bot.messages import Answer, Buttons, Card, ToChannel, ToPerson
from bot.people.model import Account, Channel, Person, PersonId
from bot.ports import ChatLine, Tools, UnitOfWork, UnitsOfWork
from bot.pulses import cards as pulses_cards
from bot.pulses import handlers as pulses
from bot.pulses.model import WaveState

CIO_ACCOUNT = parse.account_id(stories.CIO)
Happening: TypeAlias = Callable[[datetime], None]
_OWNER = "seed"
_AT_ONCE = 1000
_BITS = 128
_FRIDAY = 4
_WINDOW = timedelta(days=7)


class _Base(TypedDict):
    key: str
    account: AccountId
    place: ChannelId
    private: bool
    route: str


def seed_if_empty(units: UnitsOfWork, tools: Tools, now: datetime) -> bool:
    """Seed a database that knows nobody of the organisation yet; tell whether it did."""
    with units() as uow:
        if uow.people.by_account(CIO_ACCOUNT) is not None:
            return False
    seed(units, tools, now)
    return True


def seed(units: UnitsOfWork, tools: Tools, now: datetime) -> None:
    """Let three months pass that end shortly before ``now``."""
    with units() as uow:
        past = _Past(uow=uow, tools=tools, now=now)
        hire(uow, past.dice)
        for at, happen in sorted(past.happenings(), key=lambda one: one[0]):
            happen(at)
            past.deliver(at)
        uow.commit()
    for key in past.spent:
        tools.sealer.destroy(key)


def hire(uow: UnitOfWork, dice: random.Random) -> None:
    """Let everybody and every channel be there, before anything happens."""
    for one in PEOPLE:
        account = parse.account_id(one.name)
        person = Person(
            id=PersonId(f"{dice.getrandbits(_BITS):032x}"),
            name=one.full_name,
            department=one.department,
            zone=one.zone,
            locale=one.locale,
            roles=frozenset({one.role} if one.role else ()),
            preferred=account,
        )
        route = parse.channel_id(parse.direct(one.name))
        uow.people.save(person)
        uow.people.save_account(Account(id=account, person=person.id, route=route, known=True))
    for name, title in stories.CHANNELS.items():
        place = parse.channel_id(name)
        uow.people.save_channel(Channel(id=place, name=title, route=place))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """Three months, told in order. ``spent`` collects the keys of closed pulses."""

    uow: UnitOfWork
    tools: Tools
    now: datetime
    dice: random.Random = field(default_factory=lambda: random.Random(stories.SEED))  # noqa: S311 - texts, not secrets
    keys: Iterator[int] = field(default_factory=count)
    spent: list[str] = field(default_factory=list)

    def happenings(self) -> Iterator[tuple[datetime, Happening]]:
        """Give everything that happened and when, in no order."""
        yield self._at(90, 8), self._welcome
        for remark in stories.REMARKS:
            yield self._at(remark.days, remark.hour), partial(self._remark, remark)
        for wish in stories.WISHES:
            at = self._at(wish.days, 8 + 8 * self.dice.random())
            yield at, partial(self._wish, wish)
            if wish.withdrawn:
                yield at + timedelta(days=1), partial(self._withdraw, wish)
        for news in stories.NEWS:
            yield self._at(news.days, 10.5), partial(self._announce, news)
        for survey in stories.SURVEYS:
            yield self._at(survey.days, 9.5), partial(self._ask, survey)

    def deliver(self, at: datetime) -> None:
        """Put what the outbox holds where the page finds it, as ``send`` does."""
        while items := self.uow.outbox.claim(
            owner=_OWNER,
            now=at,
            lease_until=at + timedelta(minutes=1),
            limit=_AT_ONCE,
            lanes=(parse.PLATFORM,),
        ):
            for item in items:
                step = Step(
                    state=DeliveryState.SENT,
                    due_at=at,
                    attempt=0,
                    message=self._put(item, at),
                    route=item.route,
                )
                self.uow.outbox.settle(item, step, owner=_OWNER, now=at)

    def _put(self, item: Outgoing, at: datetime) -> MessageRef:
        if item.card is None:
            return MessageRef("")
        if item.op is Op.UPDATE:
            self.uow.chat.edit(parse.line_of(item.message), item.card)
            return item.message
        match item.to:
            case ToPerson(account=account):
                place = parse.channel_id(parse.direct(parse.person_of(account)))
            case ToChannel(channel=channel):
                place = channel
        return parse.message_ref(self._line(place, BOT, at, card=item.card))

    def _line(
        self, place: ChannelId, author: str, at: datetime, words: str = "", card: Card | None = None
    ) -> int:
        line = ChatLine(id=0, conversation=place, author=author, words=words, card=card, said_at=at)
        return self.uow.chat.add(line).id

    def _at(self, days: int, hour: float) -> datetime:
        """Return a time of a past working day."""
        day = (self.now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
        day -= timedelta(days=max(day.weekday() - _FRIDAY, 0))
        return day + timedelta(hours=hour)

    def _hear(self, event: Heard, at: datetime) -> Answer:
        return conversation.hear(self.uow, event, self.tools, at)

    def _by(self, name: str, place: str = "") -> _Base:
        conversation_name = place or parse.direct(name)
        return _Base(
            key=f"{parse.LANE}:seed:{next(self.keys)}",
            account=parse.account_id(name),
            place=parse.channel_id(conversation_name),
            private=not place,
            route=parse.channel_id(conversation_name),
        )

    def _welcome(self, at: datetime) -> None:
        for one in PEOPLE:
            self._hear(Joined(**self._by(one.name)), at)
        for name, title in stories.CHANNELS.items():
            self._hear(Joined(**self._by(stories.CIO, name), channel_name=title), at)

    def _remark(self, remark: Remark, at: datetime) -> None:
        self._line(parse.channel_id(remark.channel), remark.by, at, remark.words)

    def _wish(self, wish: Wish, at: datetime) -> None:
        self._line(parse.channel_id(parse.direct(wish.by)), wish.by, at, wish.words)
        self._hear(Said(**self._by(wish.by), words=wish.words), at)
        self.deliver(at)
        person = self._person(wish.by)
        dialogue = self.uow.dialogues.get(person.id)
        if dialogue is not None:
            draft = dialogue.notes["draft"]
            self._press(wish.by, Action.NEED_SEND, draft, at + timedelta(minutes=1))

    def _withdraw(self, wish: Wish, at: datetime) -> None:
        newest = self.uow.needs.of(self._person(wish.by).id, 1)
        for need in newest:
            self._press(wish.by, Action.NEED_WITHDRAW, str(need.id), at)

    def _announce(self, news: News, at: datetime) -> None:
        values = {TITLE: (news.title,), WORDS: (news.words,), CHANNEL: (EVERYONE,)}
        self._submit(Action.ANNOUNCE_PREVIEW, values, at)
        self.deliver(at)
        control = self.uow.chat.lines(parse.channel_id(parse.direct(stories.CIO)), 1)[-1]
        self._press(stories.CIO, *_button(control.card, Action.ANNOUNCE_SEND), at)
        self.deliver(at)
        announcements.keep_counting(self.uow, self.tools)

    def _ask(self, survey: Survey, at: datetime) -> None:
        values = {
            pulses_cards.QUESTION: (survey.question,),
            pulses_cards.CHANNEL: (parse.channel_id("general"),),
            pulses_cards.DAYS: (str(_WINDOW.days),),
        }
        self._submit(Action.PULSE_LAUNCH, values, at)
        self.deliver(at)
        wave = self.uow.pulses.waves(WaveState.OPEN)[0]
        comments = list(survey.comments)
        for one in self.dice.sample(PEOPLE, round(len(PEOPLE) * survey.share)):
            score = min(max(round(self.dice.gauss(survey.mean, 2)), 0), 10)
            self._press(
                one.name, Action.PULSE_ANSWER, str(wave.id), at, {pulses_cards.SCORE: (str(score),)}
            )
            if comments:
                words = {pulses_cards.COMMENT: (comments.pop(),)}
                self._press(one.name, Action.PULSE_COMMENTED, str(wave.id), at, words)
        pulses.keep_live(self.uow, self.tools, at + _WINDOW)
        self.spent.append(wave.public_key)
        pulses.close_whole(self.uow, wave, self.tools)

    def _press(
        self,
        name: str,
        action: str,
        argument: str,
        at: datetime,
        values: parse.Values | None = None,
    ) -> None:
        event = Pressed(**self._by(name), action=action, argument=argument, values=values or {})
        self._hear(event, at)

    def _submit(self, action: str, values: parse.Values, at: datetime) -> None:
        self._hear(Submitted(**self._by(stories.CIO), action=action, values=values), at)

    def _person(self, name: str) -> Person:
        person = self.uow.people.by_account(parse.account_id(name))
        assert person is not None, "everybody was hired first"
        return person


def _button(card: Card | None, action: str) -> tuple[str, str]:
    """Return a card's button as somebody presses it."""
    parts = card.parts if card else ()
    rows = [part.buttons for part in parts if isinstance(part, Buttons)]
    return next((one.action, one.argument) for row in rows for one in row if one.action == action)
