"""What the bot says about itself and to people it meets."""

from collections.abc import Sequence

from bot.actions import Action
from bot.messages import (
    Button,
    Buttons,
    Card,
    Context,
    Dialog,
    Heading,
    Part,
    Surface,
    Text,
    Tone,
)
from bot.people.rules import Right
from bot.ports import Voice

OUT_OF_DATE = "people.out_of_date"
_NO_RIGHTS: frozenset[Right] = frozenset()


def made(
    v: Voice, name: str, summary: str, *parts: Part, surface: Surface = Surface.MESSAGE
) -> Card:
    """Put a card together in one person's language and direction."""
    return Card(name=name, summary=summary, parts=parts, surface=surface, lang=v.locale, rtl=v.rtl)


def note(v: Voice, name: str, words: str) -> Card:
    """Say one sentence."""
    return made(v, name, words, Text(words=words))


def welcome(v: Voice, *, rights: frozenset[Right] = _NO_RIGHTS) -> Card:
    """Greet a person who added the bot."""
    hello = v.say("Hello, I am Groundswell.")
    what = v.say(
        "Tell me in one sentence what you need from IT. I bring it to the people who decide and"
        " tell you what becomes of it."
    )
    return made(
        v,
        "people.welcome",
        f"{hello} {what}",
        Heading(words=hello),
        Text(words=what),
        menu_buttons(v, rights),
        _privacy(v),
    )


def introduction(v: Voice) -> Card:
    """Say in a channel what the bot is for, once."""
    hello = v.say("Hello, I am Groundswell.")
    what = v.say(
        "Mention me with what you need from IT, and I go on with you in a direct message."
        " I read only messages that mention me."
    )
    return made(v, "people.introduction", f"{hello} {what}", Heading(words=hello), Text(words=what))


def menu(v: Voice, *, rights: frozenset[Right] = _NO_RIGHTS) -> Card:
    """Show what can be done, as buttons."""
    ask = v.say("What would you like to do?")
    hint = v.say("You can also simply write what you need from IT.")
    return made(
        v, "people.menu", ask, Heading(words=ask), menu_buttons(v, rights), Context(words=hint)
    )


def explain(v: Voice, *, rights: frozenset[Right] = _NO_RIGHTS) -> Card:
    """Answer "help"."""
    title = v.say("How I can help")
    lines = [
        v.say("Write what you need from IT in one sentence. You see it before it is sent."),
        v.say("“my needs” shows what you asked for and where it stands."),
        v.say("“cancel” drops what you are in the middle of, “back” goes one step back."),
    ]
    if Right.LAUNCH_PULSE in rights:
        lines.append(v.say("“pulse” asks everyone one question; results appear at the close."))
    if Right.ANNOUNCE in rights:
        lines.append(v.say("“announce” drafts an announcement and shows it to you first."))
    parts = tuple(Text(words=line) for line in lines)
    return made(
        v, "people.help", title, Heading(words=title), *parts, menu_buttons(v, rights), _privacy(v)
    )


def menu_buttons(v: Voice, rights: frozenset[Right]) -> Buttons:
    """Return the buttons that a person's rights allow."""
    buttons = [
        Button(
            label=v.say("Tell IT what you need"),
            action=Action.NEED_START,
            tone=Tone.STRONG,
            opens_dialog=True,
        ),
        Button(label=v.say("My needs"), action=Action.NEED_MINE),
    ]
    if Right.LAUNCH_PULSE in rights:
        buttons.append(
            Button(label=v.say("Start a pulse"), action=Action.PULSE_COMPOSE, opens_dialog=True)
        )
    if Right.ANNOUNCE in rights:
        buttons.append(
            Button(label=v.say("Announce"), action=Action.ANNOUNCE_COMPOSE, opens_dialog=True)
        )
    buttons.append(Button(label=v.say("Help"), action=Action.HELP))
    return Buttons(buttons=tuple(buttons))


def home(v: Voice, *sections: Sequence[Part], rights: frozenset[Right] = _NO_RIGHTS) -> Card:
    """Put the home surface together from the features' sections."""
    title = v.say("Your bridge to IT")
    parts = [part for section in sections for part in section]
    return made(
        v,
        "people.home",
        title,
        Heading(words=title),
        menu_buttons(v, rights),
        *parts,
        _privacy(v),
        surface=Surface.HOME,
    )


def in_private(v: Voice) -> Card:
    """Say in a channel that the talk goes on in private."""
    return note(v, "people.in_private", v.say("I have sent you a direct message about this."))


def try_again(v: Voice) -> Card:
    """Say that nothing was stored and that trying again is safe."""
    return note(
        v,
        "people.try_again",
        v.say("That did not work just now, and nothing was stored. Please try again in a minute."),
    )


def out_of_date(v: Voice, *, rights: frozenset[Right] = _NO_RIGHTS) -> Card:
    """Answer a press on a card that this version no longer knows."""
    words = v.say("This card is out of date, so nothing was changed. Here is the present one.")
    return made(v, OUT_OF_DATE, words, Text(words=words), menu_buttons(v, rights))


def not_yours(v: Voice, right: Right) -> Card:
    """Refuse what needs a role the person does not hold."""
    names = {
        Right.LAUNCH_PULSE: v.say("Starting a pulse"),
        Right.CLOSE_PULSE: v.say("Closing a pulse"),
        Right.ANNOUNCE: v.say("Sending an announcement"),
    }
    words = v.say(
        "{what} is for the CIO. If that is you, ask your administrator to set you as CIO.",
        what=names[right],
    )
    return note(v, "people.not_yours", words)


def nothing_open(v: Voice) -> Card:
    """Answer "cancel" or "back" when nothing is under way."""
    return note(
        v,
        "people.nothing_open",
        v.say("Nothing is open at the moment. Write what you need from IT to begin."),
    )


def _privacy(v: Voice) -> Context:
    return Context(
        words=v.say(
            "What you send as a need carries your name. Pulses are answered without it:"
            " no name is kept with an answer."
        )
    )


def examples(v: Voice) -> tuple[Card | Dialog, ...]:
    """Return one example of each card here."""
    rights = frozenset(Right)
    return (
        welcome(v),
        introduction(v),
        menu(v, rights=rights),
        explain(v, rights=rights),
        home(v, rights=rights),
        in_private(v),
        try_again(v),
        out_of_date(v),
        not_yours(v, Right.ANNOUNCE),
        nothing_open(v),
    )
