"""The outbox's way to the page: stores the line, then tells the open pages."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar, assert_never

from adapters.web import parse
from adapters.web.directory import Directory
from adapters.web.hub import Hub, Kind, News
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
from bot.heard import Profile
from bot.messages import Card, Place, ToChannel, ToPerson
from bot.ports import ChatLine, Unavailable, UnitOfWork

T = TypeVar("T")
BOT = "groundswell"


class Storage(Protocol):
    """What runs a unit of work off the event loop; ``adapters.ears.Ears`` does."""

    async def run(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run ``work`` in a unit of work of its own and commit."""
        ...


class WebSender:
    """Implements ``adapters.outbox.Sender``."""

    def __init__(
        self,
        storage: Storage,
        hub: Hub,
        directory: Callable[[], Awaitable[Directory]],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the storage of lines, the open pages and the organisation."""
        self._storage = storage
        self._hub = hub
        self._directory = directory
        self._clock = clock

    @property
    def platform(self) -> str:
        """Return the first word of this platform's ids."""
        return parse.PLATFORM

    async def close(self) -> None:
        """Close nothing: there are no connections."""

    async def send(self, item: Outgoing) -> Outcome:
        """Do what ``item`` asks. A failed transaction stored nothing, so it is safe to repeat."""
        try:
            return await self._send(item)
        except Unavailable:
            return Unreachable(reason="database")

    async def _send(self, item: Outgoing) -> Outcome:
        if item.op is Op.LOOKUP:
            return await self._look_up(item.to)
        if item.card is None:
            return Defect(reason="no card")
        match item.op:
            case Op.POST:
                return await self._post(item.to, item.card)
            case Op.UPDATE:
                return await self._update(item, item.card)
            case Op.HOME:
                return await self._home(item.to, item.card)
        assert_never(item.op)

    async def _post(self, to: Place, card: Card) -> Outcome:
        directory = await self._directory()
        conversation = _conversation(to)
        person = conversation.removeprefix(parse.direct(""))
        known = directory.people if parse.is_direct(conversation) else directory.rooms
        if person not in known:
            return Gone(reason="not in the organisation")
        line = ChatLine(
            id=0,
            conversation=parse.channel_id(conversation),
            author=BOT,
            words="",
            card=card,
            said_at=self._clock(),
        )
        stored = await self._storage.run(lambda uow: uow.chat.add(line))
        self._hub.publish(News(kind=Kind.LINE, conversation=conversation, line=stored.id))
        return Delivered(message=parse.message_ref(stored.id), route=stored.conversation)

    async def _update(self, item: Outgoing, card: Card) -> Outcome:
        line = parse.line_of(item.message)

        def edit(uow: UnitOfWork) -> ChatLine | None:
            return uow.chat.get(line) if uow.chat.edit(line, card) else None

        edited = await self._storage.run(edit)
        if edited is None:
            return Refused(reason="no such message")
        conversation = parse.conversation_of(edited.conversation)
        self._hub.publish(News(kind=Kind.LINE, conversation=conversation, line=line))
        return Delivered(message=item.message)

    async def _home(self, to: Place, card: Card) -> Outcome:
        if not isinstance(to, ToPerson):
            return Defect(reason="a home belongs to a person")
        await self._storage.run(lambda uow: uow.chat.save_home(to.account, card))
        self._hub.publish(News(kind=Kind.HOME, person=parse.person_of(to.account)))
        return Delivered()

    async def _look_up(self, to: Place) -> Outcome:
        directory = await self._directory()
        match to:
            case ToPerson(account=account):
                colleague = directory.people.get(parse.person_of(account))
                return Found(profile=colleague.profile) if colleague else Gone(reason="unknown")
            case ToChannel(channel=channel):
                room = directory.rooms.get(parse.conversation_of(channel))
                if room is None:
                    return Gone(reason="unknown")
                return Found(profile=Profile(), channel_name=room.title)


def _conversation(to: Place) -> str:
    match to:
        case ToPerson(account=account):
            return parse.direct(parse.person_of(account))
        case ToChannel(channel=channel):
            return parse.conversation_of(channel)
