"""One turn of a conversation, and the ways to answer it."""

from dataclasses import dataclass
from datetime import datetime

from bot.heard import Commanded, Heard, Pressed
from bot.messages import NOTHING, Answer, Card, Place, ToChannel, ToPerson
from bot.people.model import Person
from bot.ports import Notice, Tools, UnitOfWork, Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who said what, in which transaction, when."""

    uow: UnitOfWork
    event: Heard
    person: Person
    tools: Tools
    now: datetime

    @property
    def voice(self) -> Voice:
        """Return the voice that speaks to this person."""
        return self.tools.voice(self.person.locale, self.person.zone)

    @property
    def here(self) -> Place:
        """Return where the event happened: the direct conversation or the channel's thread."""
        if self.event.private:
            return ToPerson(account=self.event.account)
        return ToChannel(channel=self.event.place, thread=self.event.thread)


def tell(turn: Turn, card: Card, once: str) -> None:
    """Write to the person alone, once under this name."""
    turn.uow.outbox.put(Notice(to=ToPerson(account=turn.event.account), card=card, once=once))


def reply(turn: Turn, card: Card) -> Answer:
    """Answer where the person asked: in the command's own reply, else as a new message."""
    if isinstance(turn.event, Commanded):
        return Answer(card=card, only_you=True)
    turn.uow.outbox.put(Notice(to=turn.here, card=card, once=f"reply:{turn.event.key}"))
    return NOTHING


def reply_in_private(turn: Turn, card: Card) -> Answer:
    """Answer what only the person should read: where it was asked if private, else directly."""
    if turn.event.private or isinstance(turn.event, Commanded):
        return reply(turn, card)
    tell(turn, card, f"private:{turn.event.key}")
    return NOTHING


def replace_pressed(turn: Turn, card: Card) -> Answer:
    """Put a card in place of the pressed one; without one, send it as a new message."""
    event = turn.event
    if isinstance(event, Pressed) and event.message:
        turn.uow.outbox.update(event.message, turn.here, card)
        return Answer(card=card)
    return reply_in_private(turn, card)


def change(turn: Turn, once: str, card: Card) -> Answer:
    """Change the message queued under ``once``, which is the pressed one if there was a press.

    The press names its message, even where a crash kept us from hearing that it was posted.
    """
    event = turn.event
    if isinstance(event, Pressed) and event.message:
        turn.uow.outbox.update(event.message, turn.here, card)
    else:
        turn.uow.outbox.amend(once, card)
    return Answer(card=card)


def only_you(card: Card) -> Answer:
    """Show a card to the person who acted, leaving nothing behind in the outbox."""
    return Answer(card=card, only_you=True)
