"""The outbox's way to the page."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest

from adapters.web import parse
from adapters.web.directory import Colleague, Directory, Room
from adapters.web.hub import Hub, Kind, Listener, News
from adapters.web.send import WebSender
from bot.delivery import (
    Defect,
    Delivered,
    Found,
    Gone,
    Op,
    Outcome,
    Outgoing,
    Refused,
    Unreachable,
)
from bot.heard import ChannelId, MessageRef
from bot.messages import Card, Place, Text, ToChannel, ToPerson
from bot.ports import Unavailable, UnitOfWork
from storage.memory import MemoryStorage
from tests.adapters.web.house import NOON

T = TypeVar("T")
ADA = ToPerson(account=parse.account_id("ada"))
GENERAL = ToChannel(channel=parse.channel_id("general"))
CARD = Card(name="c", summary="A card", parts=(Text(words="x"),))
OTHER = Card(name="c", summary="Another", parts=())


class Shelf:
    """Runs units of work at once, or cannot."""

    def __init__(self) -> None:
        self.store = MemoryStorage()
        self.away = False

    async def run(self, work: Callable[[UnitOfWork], T]) -> T:
        if self.away:
            raise Unavailable("gone")
        with self.store.units() as uow:
            result = work(uow)
            uow.commit()
            return result


class Desk:
    """A sender with what it works on, and a page that listens."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.hub = Hub()
        self.page = Listener()
        self.sender = WebSender(self.shelf, self.hub, self._directory, clock=lambda: NOON)

    async def _directory(self) -> Directory:
        ada = Colleague(
            name="ada",
            full_name="Ada",
            department="IT",
            role="CIO",
            zone="UTC",
            locale="de",
            sees_all=True,
        )
        return Directory({"ada": ada}, {"general": Room(name="general", title="General")})

    @property
    def told(self) -> list[News]:
        """Return what the open page has been told since the last look."""
        waiting = self.page.waiting
        return [news for _ in range(waiting.qsize()) if (news := waiting.get_nowait())]

    async def send(self, op: Op, to: Place, card: Card | None = CARD, message: str = "") -> Outcome:
        return await self.sender.send(
            Outgoing(id=1, op=op, to=to, card=card, message=MessageRef(message))
        )


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    with desk.hub.listening() as desk.page:
        yield desk


@pytest.mark.parametrize(("to", "place"), [(ADA, "dm-ada"), (GENERAL, "general")])
async def test_a_post_is_a_line_and_news(desk: Desk, to: Place, place: str) -> None:
    """Stored first, then told; the message's name leads back to the line."""
    outcome = await desk.send(Op.POST, to)
    assert outcome == Delivered(message=MessageRef("web:demo:1"), route=f"web:demo:{place}")
    line = await desk.shelf.run(lambda uow: uow.chat.get(1))
    assert line is not None
    assert (line.conversation, line.author, line.card) == (
        f"web:demo:{place}",
        "groundswell",
        CARD,
    )
    assert desk.told == [News(kind=Kind.LINE, conversation=place, line=1)]


async def test_an_update_changes_the_line(desk: Desk) -> None:
    """And is told where the line stands."""
    await desk.send(Op.POST, GENERAL)
    outcome = await desk.send(Op.UPDATE, GENERAL, OTHER, "web:demo:1")
    assert outcome == Delivered(message=MessageRef("web:demo:1"))
    line = await desk.shelf.run(lambda uow: uow.chat.get(1))
    assert line is not None
    assert (line.card, line.edited) == (OTHER, True)
    assert desk.told[-1] == News(kind=Kind.LINE, conversation="general", line=1)


async def test_an_update_of_nothing_is_refused(desk: Desk) -> None:
    """A line that is gone, or a message that is none of ours."""
    for message in ("web:demo:9", "slack:T1:C1:1"):
        assert isinstance(await desk.send(Op.UPDATE, GENERAL, CARD, message), Refused)


async def test_a_home_is_kept_and_told(desk: Desk) -> None:
    """Only a person has one."""
    assert await desk.send(Op.HOME, ADA) == Delivered()
    assert await desk.shelf.run(lambda uow: uow.chat.home(ADA.account)) == CARD
    assert desk.told == [News(kind=Kind.HOME, person="ada")]
    assert isinstance(await desk.send(Op.HOME, GENERAL), Defect)


@pytest.mark.parametrize(
    "to",
    [
        ToPerson(account=parse.account_id("nobody")),
        ToChannel(channel=parse.channel_id("nowhere")),
        ToChannel(channel=ChannelId("slack:T1:C1")),
    ],
)
async def test_whom_nobody_knows_is_gone(desk: Desk, to: Place) -> None:
    """There is no page to show it on."""
    assert isinstance(await desk.send(Op.POST, to), Gone)
    assert isinstance(await desk.send(Op.LOOKUP, to, None), Gone)


async def test_a_lookup_tells_who_it_is(desk: Desk) -> None:
    """The organisation is the platform's own knowledge."""
    found = await desk.send(Op.LOOKUP, ADA, None)
    assert isinstance(found, Found)
    assert (found.profile.name, found.profile.locale) == ("Ada", "de")
    found = await desk.send(Op.LOOKUP, GENERAL, None)
    assert isinstance(found, Found)
    assert found.channel_name == "General"


async def test_a_database_that_is_away_stored_nothing(desk: Desk) -> None:
    """So the relay may try again, also a post."""
    desk.shelf.away = True
    for op in (Op.POST, Op.UPDATE, Op.HOME):
        assert isinstance(await desk.send(op, ADA, CARD, "web:demo:1"), Unreachable)
    assert desk.told == []


async def test_a_message_without_a_card_is_our_own_fault(desk: Desk) -> None:
    """It can never be shown."""
    assert isinstance(await desk.send(Op.POST, ADA, None), Defect)
    assert desk.sender.platform == "web"
    await desk.sender.close()
