"""The only dispatcher: from what was heard to the feature that answers.

Order: an event heard before gets the answer it got then. A press, dialog or command goes by its
fixed word. Words go to the person's open dialogue, unless they clearly mean something else: then
that is answered first and the dialogue is offered again. Unknown words in a direct message start
a need.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.actions import Action
from bot.announcements import handlers as announcements
from bot.announcements.cards import CHANNEL, TITLE, WORDS
from bot.heard import Commanded, Heard, Joined, Left, Opened, Pressed, Reacted, Said, Submitted
from bot.messages import NOTHING, Answer, Card
from bot.needs import cards as needs_cards
from bot.needs import handlers as needs
from bot.people import cards as people_cards
from bot.people import handlers as people
from bot.people.rules import Right, may
from bot.ports import Dialogue, Meaning, Tools, UnitOfWork
from bot.pulses import cards as pulses_cards
from bot.pulses import handlers as pulses
from bot.turn import Turn, only_you, reply, reply_in_private

Values = Mapping[str, tuple[str, ...]]
Handler = Callable[[Turn, str, dict[str, str]], Answer]

# These leave no key behind: what makes a repeat harmless is the participation row itself, and a
# row per answer would tell when somebody answered.
UNTRACED = frozenset(
    {
        Action.PULSE_ANSWER,
        Action.PULSE_COMMENT,
        Action.PULSE_COMMENTED,
        Action.PULSE_OPEN,
        Action.PULSE_SUBMIT,
    }
)


def hear(uow: UnitOfWork, event: Heard, tools: Tools, now: datetime) -> Answer:
    """Handle one event within the unit of work; the caller commits."""
    if isinstance(event, Pressed | Submitted) and is_untraced(event):
        return _untraced(uow, event, tools, now)
    if not event.key:
        return _handle(uow, event, tools, now)
    if not uow.handled.claim(event.key, now):
        return uow.handled.answer(event.key)
    uow.lock(event.account)
    answer = _handle(uow, event, tools, now)
    uow.handled.keep(event.key, answer)
    return answer


def is_untraced(event: Heard) -> bool:
    """Tell whether an event is an answer to a pulse, of which nothing may be counted or logged."""
    return isinstance(event, Pressed | Submitted) and event.action in UNTRACED


def _handle(uow: UnitOfWork, event: Heard, tools: Tools, now: datetime) -> Answer:
    match event:
        case Joined():
            people.join(uow, event, tools)
            return NOTHING
        case Left():
            people.leave(uow, event)
            return NOTHING
        case Reacted():
            return NOTHING
        case Said() | Opened() | Commanded() | Pressed() | Submitted():
            person = people.meet(uow, event, tools)
            turn = Turn(uow=uow, event=event, person=person, tools=tools, now=now)
            return _take_turn(turn)


def _take_turn(turn: Turn) -> Answer:
    event = turn.event
    match event:
        case Said(words=words):
            return _said(turn, words)
        case Opened():
            return _home(turn)
        case Commanded():
            return _commanded(turn, event)
        case Pressed() | Submitted():
            return _routed(turn, event.action, event.argument, event.values)
        case _:
            return NOTHING


def _untraced(uow: UnitOfWork, event: Pressed | Submitted, tools: Tools, now: datetime) -> Answer:
    """Route an answer to a pulse without a word about when.

    Nothing is written about a known person. Somebody new in the channel becomes known by it, with
    rows that have no time; the lookup of who it is waits for the next event of another kind.
    """
    uow.lock(event.account)  # two presses of a newcomer at once must not become two persons
    person = people.recognise(uow, event)
    if person is None:
        if event.private:
            voice = tools.voice(event.profile.locale, event.profile.zone)
            return only_you(pulses_cards.not_asked(voice))
        person = people.meet(uow, event, tools, lookup=False)
    turn = Turn(uow=uow, event=event, person=person, tools=tools, now=now)
    return _ROUTES[Action(event.action)](turn, event.argument, _single(event.values))


def _routed(turn: Turn, action: str, argument: str, values: Values) -> Answer:
    handler = _ROUTES.get(action)
    if handler is None:
        rights = people.rights_of(turn.person)
        return only_you(people_cards.out_of_date(turn.voice, rights=rights))
    return handler(turn, argument, _single(values))


def _said(turn: Turn, words: str) -> Answer:
    meaning = turn.tools.understanding.meaning(words, turn.person.locale)
    dialogue = turn.uow.dialogues.get(turn.person.id) if turn.event.private else None
    if dialogue is None:
        return _fresh(turn, words, meaning)
    if meaning in _IN_DIALOGUE:
        return _IN_DIALOGUE[meaning](turn, dialogue)
    if meaning is None and words.strip():
        needs.add_words(turn, dialogue, words)
        return NOTHING
    answer = _fresh(turn, words, meaning)
    needs.remind(turn, dialogue)
    return answer


def _fresh(turn: Turn, words: str, meaning: Meaning | None) -> Answer:
    """Answer words that belong to no open dialogue."""
    if meaning is not None:
        return _MEANINGS[meaning](turn)
    if not words.strip():
        return _menu(turn)
    if pulses.answers_in_words(turn, words):
        return reply_in_private(turn, pulses_cards.tap_please(turn.voice))
    needs.begin(turn, words)
    if turn.event.private:
        return NOTHING
    return reply(turn, people_cards.in_private(turn.voice))


def _commanded(turn: Turn, event: Commanded) -> Answer:
    """Obey a shortcut by its word, the slash command by the words behind it."""
    if event.command == Action.NEED_FROM_MESSAGE:
        return _from_message(turn, event.words, event.link)
    if event.command == Action.NEED_START:
        return needs.start_dialog(turn)
    meaning = turn.tools.understanding.meaning(event.words, turn.person.locale)
    if meaning is None and event.words.strip():
        needs.begin(turn, event.words)
        return reply(turn, people_cards.in_private(turn.voice))
    return _fresh(turn, event.words, meaning)


def _from_message(turn: Turn, words: str, link: str) -> Answer:
    """Make a need of a message that somebody pointed at."""
    if not words.strip():
        return Answer(dialog=needs_cards.edit(turn.voice, "", ""))
    needs.begin(turn, words, link=link)
    return only_you(people_cards.in_private(turn.voice))


def _menu(turn: Turn) -> Answer:
    return reply(turn, people_cards.menu(turn.voice, rights=people.rights_of(turn.person)))


def _help(turn: Turn) -> Answer:
    return reply(turn, people_cards.explain(turn.voice, rights=people.rights_of(turn.person)))


def _withdraw(turn: Turn, argument: str) -> Answer:
    """Withdraw a need; on the home surface its list is shown anew instead of a message."""
    event = turn.event
    if isinstance(event, Pressed) and not event.message and argument.endswith(needs.LISTED):
        needs.withdraw(turn, argument)
        turn.uow.outbox.home(event.account, _home_card(turn))
        return NOTHING
    return needs.withdraw(turn, argument)


def _home(turn: Turn) -> Answer:
    """Publish the home surface; where home was asked for in words, show it as a message."""
    card = _home_card(turn)
    if isinstance(turn.event, Opened):
        turn.uow.outbox.home(turn.event.account, card)
        return NOTHING
    return reply_in_private(turn, card)


def _home_card(turn: Turn) -> Card:
    needs_section = needs_cards.home_section(turn.voice, turn.uow.needs.of(turn.person.id))
    return people_cards.home(
        turn.voice,
        pulses.home_section(turn),
        needs_section,
        rights=people.rights_of(turn.person),
    )


def _nothing_open(turn: Turn) -> Answer:
    return reply(turn, people_cards.nothing_open(turn.voice))


def _with_right(right: Right, handler: Handler) -> Handler:
    """Let only those who hold a right through to a handler."""

    def checked(turn: Turn, argument: str, values: dict[str, str]) -> Answer:
        if not may(turn.person, right):
            return only_you(people_cards.not_yours(turn.voice, right))
        return handler(turn, argument, values)

    return checked


def _offer(right: Right, action: Action) -> Callable[[Turn], Answer]:
    """Answer typed words that need a dialog: words cannot open one, a button can."""

    def offered(turn: Turn) -> Answer:
        if not may(turn.person, right):
            return reply_in_private(turn, people_cards.not_yours(turn.voice, right))
        if isinstance(turn.event, Commanded):
            return _ROUTES[action](turn, "", {})
        return _menu(turn)

    return offered


def _single(values: Values) -> dict[str, str]:
    return {name: chosen[0] if chosen else "" for name, chosen in values.items()}


def _drop(turn: Turn, dialogue: Dialogue) -> Answer:
    return needs.cancel(turn, dialogue.notes["draft"])


def _send(turn: Turn, dialogue: Dialogue) -> Answer:
    return needs.send(turn, dialogue.notes["draft"])


def _change(turn: Turn, dialogue: Dialogue) -> Answer:
    needs.ask_words(turn, dialogue)
    return NOTHING


def _back(turn: Turn, dialogue: Dialogue) -> Answer:
    needs.back(turn, dialogue)
    return NOTHING


def _mine(turn: Turn) -> Answer:
    return needs.mine(turn)


_IN_DIALOGUE: dict[Meaning | None, Callable[[Turn, Dialogue], Answer]] = {
    Meaning.CANCEL: _drop,
    Meaning.SEND: _send,
    Meaning.CHANGE: _change,
    Meaning.BACK: _back,
}

_MEANINGS: dict[Meaning, Callable[[Turn], Answer]] = {
    Meaning.HELP: _help,
    Meaning.GREETING: _menu,
    Meaning.HOME: _home,
    Meaning.MY_NEEDS: _mine,
    Meaning.CANCEL: _nothing_open,
    Meaning.BACK: _nothing_open,
    Meaning.SEND: _nothing_open,
    Meaning.CHANGE: _nothing_open,
    Meaning.PULSE: _offer(Right.LAUNCH_PULSE, Action.PULSE_COMPOSE),
    Meaning.ANNOUNCE: _offer(Right.ANNOUNCE, Action.ANNOUNCE_COMPOSE),
}

_ROUTES: dict[str, Handler] = {
    Action.MENU: lambda turn, _argument, _values: _menu(turn),
    Action.HELP: lambda turn, _argument, _values: _help(turn),
    Action.HOME: lambda turn, _argument, _values: _home(turn),
    Action.RESUME: lambda turn, argument, _values: needs.resume(turn, argument),
    Action.NEED_START: lambda turn, _argument, _values: needs.start_dialog(turn),
    Action.NEED_SEND: lambda turn, argument, _values: needs.send(turn, argument),
    Action.NEED_CHANGE: lambda turn, argument, _values: needs.change(turn, argument),
    Action.NEED_CHANGED: lambda turn, argument, values: needs.changed(
        turn, argument, values.get(needs_cards.WORDS_FIELD, "")
    ),
    Action.NEED_CANCEL: lambda turn, argument, _values: needs.cancel(turn, argument),
    Action.NEED_FROM_MESSAGE: lambda turn, _argument, _values: needs.start_dialog(turn),
    Action.NEED_MINE: lambda turn, _argument, _values: _mine(turn),
    Action.NEED_WITHDRAW: lambda turn, argument, _values: _withdraw(turn, argument),
    Action.PULSE_COMPOSE: _with_right(
        Right.LAUNCH_PULSE, lambda turn, _argument, _values: pulses.compose(turn)
    ),
    Action.PULSE_LAUNCH: _with_right(
        Right.LAUNCH_PULSE, lambda turn, _argument, values: pulses.launch(turn, values)
    ),
    Action.PULSE_OPEN: lambda turn, argument, _values: pulses.open_dialog(turn, argument),
    Action.PULSE_SUBMIT: lambda turn, argument, values: pulses.submit(
        turn,
        argument,
        values.get(pulses_cards.SCORE, ""),
        values.get(pulses_cards.COMMENT, ""),
    ),
    Action.PULSE_ANSWER: lambda turn, argument, values: pulses.answer(
        turn, argument, values.get(pulses_cards.SCORE, "")
    ),
    Action.PULSE_COMMENT: lambda turn, argument, _values: pulses.comment_dialog(turn, argument),
    Action.PULSE_COMMENTED: lambda turn, argument, values: pulses.comment(
        turn, argument, values.get(pulses_cards.COMMENT, "")
    ),
    Action.PULSE_CLOSE: _with_right(
        Right.CLOSE_PULSE, lambda turn, argument, _values: pulses.close_now(turn, argument)
    ),
    Action.ANNOUNCE_COMPOSE: _with_right(
        Right.ANNOUNCE, lambda turn, _argument, _values: announcements.compose(turn)
    ),
    Action.ANNOUNCE_PREVIEW: _with_right(
        Right.ANNOUNCE,
        lambda turn, argument, values: announcements.preview(
            turn, argument, {TITLE: "", WORDS: "", CHANNEL: "", **values}
        ),
    ),
    Action.ANNOUNCE_CHANGE: _with_right(
        Right.ANNOUNCE, lambda turn, argument, _values: announcements.change(turn, argument)
    ),
    Action.ANNOUNCE_SEND: _with_right(
        Right.ANNOUNCE, lambda turn, argument, _values: announcements.send(turn, argument)
    ),
    Action.ANNOUNCE_CANCEL: _with_right(
        Right.ANNOUNCE, lambda turn, argument, _values: announcements.cancel(turn, argument)
    ),
}

assert set(_ROUTES) == set(Action), "every action has exactly one handler"
