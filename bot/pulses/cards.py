"""What the bot says about pulses."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.actions import Action
from bot.heard import ChannelId
from bot.messages import (
    Button,
    Buttons,
    Card,
    Chart,
    ChartKind,
    Choice,
    Context,
    Dialog,
    Fact,
    Facts,
    Field,
    Heading,
    Option,
    Part,
    Point,
    Quote,
    Scale,
    Series,
    Text,
    Tone,
)
from bot.people.cards import made, note
from bot.people.model import Channel, PersonId
from bot.ports import Voice
from bot.pulses import rules
from bot.pulses.model import SMALLEST_GROUP, Wave, WaveId, WaveState
from bot.pulses.results import (
    LEAST_SHOWN,
    MOST_SHOWN,
    Band,
    Figures,
    Results,
    TooFew,
    Unanimous,
    WordsOnly,
    rounded_down,
)

QUESTION, CHANNEL, DAYS, SCORE, COMMENT = "question", "channel", "days", "score", "comment"
NO_CHANNEL = "-"


def compose(v: Voice, channels: Sequence[Channel], *, known: int, running: int) -> Dialog:
    """Ask the launcher what to ask, where and for how long, and say how many will be asked."""
    warning = v.plural(
        "{n} pulse is still open; this one would come on top.",
        "{n} pulses are still open; this one would come on top.",
        running,
    )
    nowhere = Option(value=NO_CHANNEL, label=v.say("Direct messages only"))
    return Dialog(
        name="pulses.compose",
        title=v.say("Start a pulse"),
        summary=v.say("Ask everyone one question, answered with one tap."),
        parts=(
            Field(
                id=QUESTION,
                label=v.say("Question, answered from 0 to 10"),
                value=v.say("How happy are you with IT these days?"),
                max_length=rules.LONGEST_QUESTION,
            ),
            Choice(
                id=CHANNEL,
                label=v.say("Also ask in a channel"),
                options=(
                    nowhere,
                    *(Option(value=one.id, label=f"#{one.name or one.id}") for one in channels),
                ),
                chosen=NO_CHANNEL,
            ),
            Choice(
                id=DAYS,
                label=v.say("Closes after"),
                options=tuple(
                    Option(value=str(days), label=v.plural("{n} day", "{n} days", days))
                    for days in rules.DAYS
                ),
                chosen="7",
            ),
            Context(
                words=v.plural(
                    "{n} person gets a direct message.", "{n} people get a direct message.", known
                )
            ),
            *((Text(words=warning, tone=Tone.WARNING),) if running else ()),
            Context(
                words=v.say(
                    "You see how many answered, rounded down to 5; results appear at the close, and"
                    " only for 5 answers or more."
                )
            ),
        ),
        action=Action.PULSE_LAUNCH,
        submit=v.say("Ask now"),
        cancel=v.say("Cancel"),
        lang=v.locale,
        rtl=v.rtl,
    )


def launch_errors(
    v: Voice, *, question: str, days: str, channel_known: bool, known: int
) -> dict[str, str]:
    """Return what is wrong with a launch, by field."""
    errors = {}
    if not question:
        errors[QUESTION] = v.say("Write the question.")
    elif len(question) > rules.LONGEST_QUESTION:
        errors[QUESTION] = v.say(
            "Shorten the question to {n} characters.", n=str(rules.LONGEST_QUESTION)
        )
    elif known < SMALLEST_GROUP:
        errors[QUESTION] = v.plural(
            "I know only {n} person so far. With fewer than 5, no result could ever be shown.",
            "I know only {n} people so far. With fewer than 5, no result could ever be shown.",
            known,
        )
    if not channel_known:
        errors[CHANNEL] = v.say("I am no longer in that channel. Pick another one.")
    if days not in {str(one) for one in rules.DAYS}:
        errors[DAYS] = v.say("Pick one of the listed times.")
    return errors


def invitation(v: Voice, wave: Wave) -> Card:
    """Ask one person, answered with one tap."""
    return made(
        v,
        "pulses.invitation",
        wave.question,
        Heading(words=v.say("One question from the CIO")),
        Quote(words=wave.question),
        _scale(v, wave),
        _promise(v, wave),
    )


def live(v: Voice, wave: Wave, *, answered: int) -> Card:
    """Ask a channel; shows only how many answered, rounded down to 5."""
    return made(
        v,
        "pulses.live",
        wave.question,
        Heading(words=v.say("One question for everyone here")),
        Quote(words=wave.question),
        _scale(v, wave),
        Text(words=_so_far(v, answered)),
        _promise(v, wave),
    )


def control(v: Voice, wave: Wave, *, answered: int) -> Card:
    """Show the launcher that the pulse runs, or that its boxes are being opened."""
    if wave.state is not WaveState.OPEN:
        words = v.say("The pulse is closed. The answers are being shuffled; results follow here.")
        return made(v, "pulses.closing", words, Quote(words=wave.question), Text(words=words))
    title = v.say("Your pulse is running")
    return made(
        v,
        "pulses.control",
        title,
        Heading(words=title),
        Quote(words=wave.question),
        Facts(
            facts=(
                Fact(label=v.say("Asked directly"), value=v.number(wave.invited)),
                Fact(label=v.say("Answers"), value=_so_far(v, answered)),
                Fact(label=v.say("Closes"), value=v.moment(wave.closes_at)),
            )
        ),
        Buttons(buttons=(_close_button(v, wave),)),
        Context(words=v.say("Nobody, you included, sees an answer or a result before the close.")),
    )


def thanks(v: Voice, wave: Wave) -> Card:
    """Thank for a tap, with the same words for every answer."""
    words = v.say("Thank you. Your answer is in.")
    return made(
        v,
        "pulses.thanks",
        words,
        Text(words=words),
        Buttons(
            buttons=(
                Button(
                    label=v.say("Add a comment"),
                    action=Action.PULSE_COMMENT,
                    argument=str(wave.id),
                    opens_dialog=True,
                ),
            )
        ),
        Context(
            words=v.say("It was sealed without your name and cannot be changed or found again.")
        ),
    )


def thanks_for_comment(v: Voice) -> Card:
    """Thank for a comment."""
    return note(v, "pulses.thanks_for_comment", v.say("Thank you. Your comment is in."))


def answer_dialog(v: Voice, wave: Wave) -> Dialog:
    """Ask for score and comment at once, from the home surface."""
    return Dialog(
        name="pulses.answer",
        title=v.say("One question"),
        summary=wave.question,
        parts=(
            Quote(words=wave.question),
            Scale(
                id=SCORE,
                label=v.say("Your answer"),
                low_label=v.say("not at all"),
                high_label=v.say("very much"),
            ),
            _comment_field(v, optional=True),
            _promise(v, wave),
        ),
        action=Action.PULSE_SUBMIT,
        argument=str(wave.id),
        submit=v.say("Answer"),
        cancel=v.say("Cancel"),
        lang=v.locale,
        rtl=v.rtl,
    )


def comment_dialog(v: Voice, wave: Wave) -> Dialog:
    """Ask for a comment."""
    return Dialog(
        name="pulses.comment",
        title=v.say("Add a comment"),
        summary=v.say("Say in a few words what is behind your answer."),
        parts=(Quote(words=wave.question), _comment_field(v, optional=False), _promise(v, wave)),
        action=Action.PULSE_COMMENTED,
        argument=str(wave.id),
        submit=v.say("Send"),
        cancel=v.say("Cancel"),
        lang=v.locale,
        rtl=v.rtl,
    )


def comment_errors(v: Voice, words: str) -> dict[str, str]:
    """Return what is wrong with a comment, by field."""
    if len(words.strip()) <= rules.LONGEST_COMMENT:
        return {}
    return {COMMENT: v.say("Shorten the comment to {n} characters.", n=str(rules.LONGEST_COMMENT))}


def closed(v: Voice) -> Card:
    """Answer a press on a pulse that takes no more answers."""
    return note(
        v,
        "pulses.closed",
        v.say("This pulse is closed, so nothing was counted. Its results stand in its message."),
    )


def already(v: Voice) -> Card:
    """Answer who answered or commented before."""
    return note(
        v,
        "pulses.already",
        v.say("You have answered this one already, and one comment is all it takes. Thank you."),
    )


def answer_first(v: Voice) -> Card:
    """Answer a comment without an answer."""
    return note(
        v,
        "pulses.answer_first",
        v.say("Tap a number first, then add your comment. It was not kept."),
    )


def tap_please(v: Voice) -> Card:
    """Answer who typed a number instead of tapping it."""
    return note(
        v,
        "pulses.tap_please",
        v.say(
            "If that answers the open question: please tap the number there. What is typed here"
            " stays in this chat under your name, so I did not take it as an answer."
        ),
    )


def not_asked(v: Voice) -> Card:
    """Answer a press by somebody who was not among those asked."""
    return note(
        v, "pulses.not_asked", v.say("You were not among those asked this time. Nothing was kept.")
    )


def unknown(v: Voice) -> Card:
    """Answer a press that names no pulse."""
    return note(v, "pulses.unknown", v.say("I do not know this pulse. Nothing was counted."))


def results(v: Voice, wave: Wave, figures: Results) -> Card:
    """Show what may be shown of a closed wave."""
    title = v.say("Results of the pulse")
    summary, parts = _shown(v, figures)
    return made(
        v,
        "pulses.results",
        f"{title}: {summary}",
        Heading(words=title),
        Quote(words=wave.question),
        *parts,
        Context(words=_how(v, wave)),
    )


def comments(v: Voice, wave: Wave, shown: Sequence[str], start: int, total: int) -> Card:
    """Show the launcher some of the comments, in the order of their words."""
    title = v.say(
        "Comments {first} to {last} of {total}",
        first=v.number(start + 1),
        last=v.number(start + len(shown)),
        total=v.number(total),
    )
    order = v.say("In alphabetical order, apart from the scores, with names I know masked.")
    return made(
        v,
        "pulses.comments",
        title,
        Heading(words=title),
        Context(words=f"{wave.question} · {order}"),
        *(Quote(words=one) for one in shown),
    )


def home_section(
    v: Voice, mine: Sequence[Wave], led: Sequence[tuple[Wave, int]]
) -> tuple[Part, ...]:
    """Return the open pulses' section of the home surface."""
    parts: list[Part] = []
    if mine:
        parts.append(Heading(words=v.say("Open questions to you")))
    for wave in mine:
        button = Button(
            label=v.say("Answer now"),
            action=Action.PULSE_OPEN,
            argument=str(wave.id),
            tone=Tone.STRONG,
            opens_dialog=True,
        )
        parts += [Quote(words=wave.question), Buttons(buttons=(button,))]
    if led:
        parts.append(Heading(words=v.say("Pulses you started")))
    for wave, answered in led:
        parts += [
            Quote(words=wave.question),
            Text(words=_so_far(v, answered)),
            Buttons(buttons=(_close_button(v, wave),)),
        ]
    return tuple(parts)


def _shown(v: Voice, figures: Results) -> tuple[str, tuple[Part, ...]]:
    match figures:
        case TooFew(k=k):
            words = v.say("Fewer than {k} people answered, so nothing is shown.", k=v.number(k))
        case WordsOnly(k=k):
            words = v.say(
                "At least {k} people answered: enough to be counted, too few for a number.",
                k=v.number(k),
            )
        case Unanimous(n=n, band=band):
            words = v.say(
                "At least {n} people answered, and all alike: {band}.",
                n=v.number(n),
                band=_band(v, band),
            )
        case Figures():
            return _figures(v, figures)
    return words, (Text(words=words),)


def _figures(v: Voice, f: Figures) -> tuple[str, tuple[Part, ...]]:
    score = v.say(
        "{score} (likely between {low} and {high})",
        score=_signed(v, f.score),
        low=_signed(v, f.score_low),
        high=_signed(v, f.score_high),
    )
    happy = v.say(
        "{share} (likely between {low} and {high})",
        share=_share(v, f.happy),
        low=v.percent(f.happy_low / 100),
        high=v.percent(f.happy_high / 100),
    )
    count = v.say("at least {n}", n=v.number(f.n))
    parts: tuple[Part, ...] = (
        Facts(
            facts=(
                Fact(label=v.say("IT happiness, −100 to +100"), value=score),
                Fact(label=v.say("Gave 9 or 10"), value=happy),
                Fact(label=v.say("Answers"), value=count),
            )
        ),
        Chart(
            kind=ChartKind.BAR,
            title=v.say("Share of answers"),
            series=(
                Series(
                    name=v.say("Share of answers"),
                    points=(
                        Point(label=v.say("9–10 happy"), value=float(f.happy)),
                        Point(label=v.say("7–8 neutral"), value=float(f.neutral)),
                        Point(label=v.say("0–6 unhappy"), value=float(f.unhappy)),
                    ),
                ),
            ),
            unit=" %",
        ),
    )
    return v.say("IT happiness {score}, {count} answers.", score=score, count=count), parts


def _how(v: Voice, wave: Wave) -> str:
    return v.say(
        "IT happiness is the share of 9–10 minus the share of 0–6. Intervals hold in 95 of 100"
        " such pulses (adjusted Wald, Wilson). Shares are rounded to 5 %, the number of answers is"
        " rounded down to 5, and nothing is shown of fewer than {k} answers.",
        k=v.number(wave.k),
    )


def _band(v: Voice, band: Band) -> str:
    return {
        Band.HIGH: v.say("very happy"),
        Band.MIDDLE: v.say("neutral"),
        Band.LOW: v.say("unhappy"),
    }[band]


def _signed(v: Voice, points: int) -> str:
    number = v.number(abs(points))
    return f"+{number}" if points > 0 else f"−{number}" if points < 0 else number


def _share(v: Voice, share: int) -> str:
    words = v.percent(share / 100)
    if share >= MOST_SHOWN:
        return v.say("{share} or more", share=words)
    return v.say("{share} or less", share=words) if share <= LEAST_SHOWN else words


def _so_far(v: Voice, answered: int) -> str:
    shown = rounded_down(answered)
    if not shown:
        return v.say("Fewer than 5 have answered so far.")
    return v.say("At least {n} have answered so far.", n=v.number(shown))


def _scale(v: Voice, wave: Wave) -> Scale:
    return Scale(
        id=SCORE,
        label=v.say("Tap a number from 0 to 10"),
        low_label=v.say("not at all"),
        high_label=v.say("very much"),
        action=Action.PULSE_ANSWER,
        argument=str(wave.id),
    )


def _comment_field(v: Voice, *, optional: bool) -> Field:
    return Field(
        id=COMMENT,
        label=v.say("Comment"),
        long=True,
        optional=optional,
        hint=v.say("Names I know and addresses are masked; your wording may still identify you."),
        max_length=rules.LONGEST_COMMENT,
    )


def _promise(v: Voice, wave: Wave) -> Context:
    return Context(
        words=v.say(
            "Confidential until {day}, then anonymous: your answer is sealed without your name,"
            " nothing is shown of fewer than {k} answers, and no comment unless {c} people"
            " answered. The operator of this chat can still see that you pressed, and when.",
            day=v.day(wave.closes_at),
            k=v.number(wave.k),
            c=v.number(wave.k_comment),
        )
    )


def _close_button(v: Voice, wave: Wave) -> Button:
    return Button(
        label=v.say("Close now"),
        action=Action.PULSE_CLOSE,
        argument=str(wave.id),
        confirm=v.say("Close this pulse? Nobody can answer any more and the results are shown."),
    )


def examples(v: Voice) -> tuple[Card | Dialog, ...]:
    """Return one example of each card here."""
    wave = Wave(
        id=WaveId(3),
        question="How happy are you with IT these days?",
        state=WaveState.OPEN,
        launched_by=PersonId("p1"),
        opened_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        closes_at=datetime(2026, 11, 9, 9, 30, tzinfo=UTC),
        public_key="",
        invited=38,
    )
    figures = Figures(
        n=30,
        score=15,
        score_low=-10,
        score_high=40,
        happy=40,
        neutral=35,
        unhappy=25,
        happy_low=25,
        happy_high=60,
    )
    channel = Channel(id=ChannelId("web:demo:general"), name="general")
    said = ("Much faster laptops this month.", "[name] from support was great.")
    return (
        compose(v, [channel], known=38, running=1),
        invitation(v, wave),
        live(v, wave, answered=12),
        control(v, wave, answered=12),
        thanks(v, wave),
        thanks_for_comment(v),
        answer_dialog(v, wave),
        comment_dialog(v, wave),
        closed(v),
        not_asked(v),
        unknown(v),
        results(v, wave, figures),
        comments(v, wave, said, 0, 2),
        already(v),
        answer_first(v),
        tap_please(v),
        results(v, wave, TooFew(k=5)),
        results(v, wave, WordsOnly(k=5)),
        results(v, wave, Unanimous(n=10, band=Band.HIGH)),
    )
