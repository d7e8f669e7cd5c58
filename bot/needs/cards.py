"""What the bot says about needs."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.actions import Action
from bot.messages import (
    Button,
    Buttons,
    Card,
    Context,
    Dialog,
    Divider,
    Fact,
    Facts,
    Field,
    Heading,
    Link,
    Part,
    Quote,
    Text,
    Tone,
)
from bot.needs.model import Need, NeedId, NeedState
from bot.people.cards import made, note
from bot.people.model import PersonId
from bot.ports import Voice

WORDS_FIELD = "words"
_SHOWN = 5


def number(need: Need) -> str:
    """Return the number people use for a need."""
    return f"N-{need.id}"


def summary(v: Voice, words: str, draft: str, department: str) -> Card:
    """Show what was understood, before anything is sent."""
    title = v.say("This is what I understood")
    facts = [Fact(label=v.say("From"), value=v.say("you, by name"))]
    if department:
        facts.append(Fact(label=v.say("Department"), value=department))
    return made(
        v,
        "needs.summary",
        v.say("This is what I understood. Send it, change it or cancel."),
        Heading(words=title),
        Quote(words=words),
        Facts(facts=tuple(facts)),
        Buttons(
            buttons=(
                Button(
                    label=v.say("Send to IT"),
                    action=Action.NEED_SEND,
                    argument=draft,
                    tone=Tone.STRONG,
                ),
                Button(
                    label=v.say("Change"),
                    action=Action.NEED_CHANGE,
                    argument=draft,
                    opens_dialog=True,
                ),
                Button(label=v.say("Cancel"), action=Action.NEED_CANCEL, argument=draft),
            )
        ),
        Context(words=v.say("Nothing is sent until you press “Send to IT”.")),
    )


def receipt(v: Voice, need: Need) -> Card:
    """Confirm that a need is stored, with its number and the date of the first answer."""
    if need.state is NeedState.WITHDRAWN:
        return withdrawn(v, need)
    title = v.say("{number} is with IT", number=number(need))
    due = v.say("A person answers by {day}.", day=v.day(need.answer_due))
    parts: list[Part] = [
        Heading(words=title),
        Quote(words=need.words),
        Facts(facts=_facts(v, need)),
        *_source(v, need),
        Text(words=due),
        Buttons(
            buttons=(
                Button(label=v.say("My needs"), action=Action.NEED_MINE),
                _withdraw_button(v, need),
            )
        ),
    ]
    return made(v, "needs.receipt", f"{title}. {due}", *parts)


def mine(v: Voice, needs: Sequence[Need]) -> Card:
    """List a person's own needs, newest first."""
    title = v.say("My needs")
    count = v.plural("You have asked for {n} thing.", "You have asked for {n} things.", len(needs))
    return made(v, "needs.mine", count, Heading(words=title), *listing(v, needs))


def listing(v: Voice, needs: Sequence[Need]) -> tuple[Part, ...]:
    """Return the parts that list needs; also a section of the home surface."""
    if not needs:
        return (Text(words=v.say("You have not asked for anything yet.")),)
    parts: list[Part] = []
    for need in needs[:_SHOWN]:
        if parts:
            parts.append(Divider())
        parts += [
            Text(words=f"{number(need)} · {state_name(v, need.state)}", tone=Tone.STRONG),
            Quote(words=need.words),
            Context(words=_asked(v, need)),
        ]
        if need.state is not NeedState.WITHDRAWN:
            parts.append(Buttons(buttons=(_withdraw_button(v, need, shown=":list"),)))
    more = len(needs) - _SHOWN
    if more > 0:
        parts.append(Context(words=v.plural("And {n} older one.", "And {n} older ones.", more)))
    return tuple(parts)


def home_section(v: Voice, needs: Sequence[Need]) -> tuple[Part, ...]:
    """Return the needs' section of the home surface."""
    return (Heading(words=v.say("My needs")), *listing(v, needs))


def withdrawn(v: Voice, need: Need) -> Card:
    """Confirm a withdrawal; the words stay readable."""
    words = v.say("{number} is withdrawn. IT does not work on it.", number=number(need))
    return made(v, "needs.withdrawn", words, Text(words=words), Quote(words=need.words))


def cancelled(v: Voice, words: str) -> Card:
    """Confirm that a draft was dropped, and give the words back."""
    said = v.say("Cancelled. Nothing was sent. These were your words:")
    return made(v, "needs.cancelled", said, Text(words=said), Quote(words=words))


def moved_on(v: Voice, words: str) -> Card:
    """Replace an older summary whose draft went on in a newer message."""
    said = v.say("This goes on in a newer message.")
    return made(v, "needs.moved_on", said, Quote(words=words), Context(words=said))


def set_aside(v: Voice, words: str) -> Card:
    """Replace the summary of a draft that another need came before."""
    said = v.say("Set aside for another need, and not sent. Write it again to send it:")
    return made(v, "needs.set_aside", said, Text(words=said), Quote(words=words))


def say_again(v: Voice, words: str) -> Card:
    """Ask for the sentence again."""
    ask = v.say("Write what you need in your own words. This is what I have so far:")
    hint = v.say("“back” keeps it as it is, “cancel” drops it.")
    return made(v, "needs.say_again", ask, Text(words=ask), Quote(words=words), Context(words=hint))


def unfinished(v: Voice, words: str, draft: str) -> Card:
    """Remind of an open draft after a digression."""
    said = v.say("You have a need that is not sent yet.")
    return made(
        v,
        "needs.unfinished",
        said,
        Text(words=said),
        Quote(words=words),
        Buttons(
            buttons=(
                Button(
                    label=v.say("Go on with it"),
                    action=Action.RESUME,
                    argument=draft,
                    tone=Tone.STRONG,
                ),
                Button(label=v.say("Cancel"), action=Action.NEED_CANCEL, argument=draft),
            )
        ),
    )


def no_draft(v: Voice) -> Card:
    """Answer a button of a draft that is gone."""
    return note(
        v,
        "needs.no_draft",
        v.say("This draft is no longer open, so nothing was changed. Write it again to send it."),
    )


def not_found(v: Voice) -> Card:
    """Answer for a need that does not exist or is not one's own."""
    return note(v, "needs.not_found", v.say("I cannot find that need among yours."))


def edit(v: Voice, words: str, draft: str) -> Dialog:
    """Ask for the words in a dialog."""
    return Dialog(
        name="needs.edit",
        title=v.say("What do you need?"),
        summary=v.say("Write what you need from IT."),
        parts=(
            Field(
                id=WORDS_FIELD,
                label=v.say("What you need from IT"),
                value=words,
                long=True,
                hint=v.say("One sentence is enough. You see it once more before it is sent."),
            ),
        ),
        action=Action.NEED_CHANGED,
        argument=draft,
        submit=v.say("Continue"),
        cancel=v.say("Cancel"),
        lang=v.locale,
        rtl=v.rtl,
    )


def state_name(v: Voice, state: NeedState) -> str:
    """Return a state in words."""
    return {
        NeedState.SUBMITTED: v.say("received"),
        NeedState.ACKNOWLEDGED: v.say("with IT"),
        NeedState.WITHDRAWN: v.say("withdrawn"),
    }[state]


def _facts(v: Voice, need: Need) -> tuple[Fact, ...]:
    facts = [
        Fact(label=v.say("Number"), value=number(need)),
        Fact(label=v.say("Asked"), value=v.day(need.asked_at)),
    ]
    if need.department:
        facts.append(Fact(label=v.say("Department"), value=need.department))
    return tuple(facts)


def _asked(v: Voice, need: Need) -> str:
    if need.state is NeedState.WITHDRAWN:
        return v.say("Asked on {day}.", day=v.day(need.asked_at))
    return v.say(
        "Asked on {day}. A person answers by {due}.",
        day=v.day(need.asked_at),
        due=v.day(need.answer_due),
    )


def _source(v: Voice, need: Need) -> tuple[Part, ...]:
    return (Link(words=v.say("The message it came from"), url=need.link),) if need.link else ()


def _withdraw_button(v: Voice, need: Need, shown: str = "") -> Button:
    return Button(
        label=v.say("Withdraw"),
        action=Action.NEED_WITHDRAW,
        argument=f"{need.id}{shown}",
        hint=v.say("Withdraw {number}", number=number(need)),
        confirm=v.say("Withdraw {number}? IT then stops working on it.", number=number(need)),
    )


def examples(v: Voice) -> tuple[Card | Dialog, ...]:
    """Return one example of each card here."""
    words = "The printer on the 3rd floor jams *every* morning <!channel> & nobody comes."
    need = Need(
        id=NeedId(12),
        asker=PersonId("p1"),
        words=words,
        department="Finance",
        link="https://chat.example.com/archives/C1/p1",
        draft="d1",
        state=NeedState.ACKNOWLEDGED,
        asked_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        answer_due=datetime(2026, 11, 9, 9, 30, tzinfo=UTC),
    )
    return (
        summary(v, words, "d1", "Finance"),
        receipt(v, need),
        mine(v, [need]),
        mine(v, []),
        withdrawn(v, need),
        cancelled(v, words),
        moved_on(v, words),
        set_aside(v, words),
        say_again(v, words),
        unfinished(v, words, "d1"),
        no_draft(v),
        not_found(v),
        edit(v, words, "d1"),
    )
