"""What the bot says about announcements."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.actions import Action
from bot.announcements import rules
from bot.announcements.audience import Audience
from bot.announcements.model import Announcement, AnnouncementId, AnnouncementState, Tally
from bot.heard import AccountId, ChannelId
from bot.messages import (
    Button,
    Buttons,
    Card,
    Choice,
    Context,
    Dialog,
    Fact,
    Facts,
    Field,
    Heading,
    Option,
    Part,
    Progress,
    Quote,
    Text,
    Tone,
)
from bot.people.cards import made, note
from bot.people.model import Channel, PersonId, Reach
from bot.ports import Voice

TITLE, WORDS, CHANNEL = "title", "words", "channel"
EVERYONE = "-"


def compose(v: Voice, channels: Sequence[Channel], draft: Announcement | None) -> Dialog:
    """Ask the author for title, words and audience."""
    everyone = Option(value=EVERYONE, label=v.say("Everyone, in direct messages"))
    return Dialog(
        name="announcements.compose",
        title=v.say("Announcement"),
        summary=v.say("Draft an announcement; you see it before anyone else."),
        parts=(
            Field(
                id=TITLE,
                label=v.say("Title"),
                value=draft.title if draft else "",
                max_length=rules.LONGEST_TITLE,
            ),
            Field(
                id=WORDS,
                label=v.say("What you want to say"),
                value=draft.words if draft else "",
                long=True,
                max_length=rules.LONGEST_WORDS,
            ),
            Choice(
                id=CHANNEL,
                label=v.say("Who gets it"),
                options=(
                    everyone,
                    *(Option(value=one.id, label=f"#{one.name or one.id}") for one in channels),
                ),
                chosen=(draft.channel if draft else "") or EVERYONE,
            ),
            Context(words=v.say("Next you see it exactly as others will. Nothing is sent yet.")),
        ),
        action=Action.ANNOUNCE_PREVIEW,
        argument=str(draft.id) if draft else "",
        submit=v.say("Preview"),
        cancel=v.say("Cancel"),
        lang=v.locale,
        rtl=v.rtl,
    )


def errors(v: Voice, *, title: str, words: str, channel_known: bool) -> dict[str, str]:
    """Return what is wrong with a draft, by field."""
    found = {}
    if not title:
        found[TITLE] = v.say("Give it a title.")
    elif len(title) > rules.LONGEST_TITLE:
        found[TITLE] = v.say("Shorten the title to {n} characters.", n=str(rules.LONGEST_TITLE))
    if not words:
        found[WORDS] = v.say("Write what you want to say.")
    elif len(words) > rules.LONGEST_WORDS:
        found[WORDS] = v.say("Shorten the text to {n} characters.", n=v.number(rules.LONGEST_WORDS))
    if not channel_known:
        found[CHANNEL] = v.say("I am no longer in that channel. Pick another one.")
    return found


def announcement(v: Voice, a: Announcement, author: str) -> Card:
    """Show the announcement as every reader gets it."""
    why = v.say("You get this because it goes to everyone here.")
    signed = v.say("From {name}, CIO", name=author) if author else v.say("From the CIO")
    return made(
        v,
        "announcements.announcement",
        a.title,
        Heading(words=a.title),
        *(Text(words=words) for words in a.words.split("\n\n") if words.strip()),
        Context(words=f"{signed} · {why}"),
    )


def confirm(v: Voice, a: Announcement, audience: Audience, *, changed: bool = False) -> Card:
    """Ask the author to send, with the count on the button."""
    title = v.say("This is how it will look. Nothing is sent yet.")
    facts = [Fact(label=v.say("Goes to"), value=_goes_to(v, a, audience))]
    if audience.unreachable:
        words = v.plural(
            "{n} person has no way for me to write to them",
            "{n} people have no way for me to write to them",
            audience.unreachable,
        )
        facts.append(Fact(label=v.say("Not reached"), value=words))
    parts: list[Part] = [Heading(words=title), Facts(facts=tuple(facts))]
    if changed and audience.copies:
        parts.append(
            Text(
                words=v.say("The audience has changed meanwhile, so I ask again."),
                tone=Tone.WARNING,
            )
        )
    if not audience.copies:
        words = v.say("Nobody would get this. Choose another audience with “Change”.")
        parts.append(Text(words=words, tone=Tone.WARNING))
    return made(
        v,
        "announcements.confirm",
        f"{title} {_goes_to(v, a, audience)}",
        *parts,
        Buttons(buttons=_confirm_buttons(v, a, audience)),
    )


def progress(v: Voice, a: Announcement, tally: Tally) -> Card:
    """Show how far the delivery is; the figures always add up to what was planned."""
    over = a.state is AnnouncementState.DONE
    figures = {"sent": v.number(tally.sent), "planned": v.number(a.planned)}
    words = v.say("{sent} of {planned} delivered", **figures)
    if not over:
        title = v.say("Your announcement is on its way")
    elif tally.sent == a.planned:
        title = v.say("Your announcement is delivered")
    else:
        title = v.say("Not everybody got your announcement")
    facts = [
        Fact(label=v.say("Planned"), value=v.number(a.planned)),
        Fact(label=v.say("Delivered"), value=v.number(tally.sent)),
        Fact(label=v.say("Failed"), value=v.number(tally.failed)),
        Fact(label=v.say("Pending"), value=v.number(tally.pending)),
    ]
    if tally.planned != a.planned:
        # This must never be; if it is, the author reads it before anyone else finds out.
        lost = v.number(a.planned - tally.planned)
        facts.append(Fact(label=v.say("Unaccounted for"), value=lost))
    if tally.unknown:
        facts.append(Fact(label=v.say("Unclear"), value=v.number(tally.unknown)))
    if tally.cancelled:
        facts.append(Fact(label=v.say("Cancelled"), value=v.number(tally.cancelled)))
    parts: list[Part] = [Heading(words=title), Text(words=a.title, tone=Tone.STRONG)]
    if not over:
        parts.append(Progress(words=words, done=tally.planned - tally.pending, total=a.planned))
    parts.append(Facts(facts=tuple(facts)))
    if tally.unknown:
        parts.append(
            Context(
                words=v.say(
                    "Unclear means the platform did not say whether it arrived. I do not send"
                    " such a copy twice by myself."
                )
            )
        )
    return made(v, "announcements.progress", f"{title}: {words}", *parts)


def cancelled(v: Voice, a: Announcement) -> Card:
    """Confirm that a draft was dropped, and give the words back."""
    words = v.say("Cancelled. Nothing was sent. These were your words:")
    return made(
        v,
        "announcements.cancelled",
        words,
        Text(words=words),
        Text(words=a.title, tone=Tone.STRONG),
        Quote(words=a.words),
    )


def unknown(v: Voice) -> Card:
    """Answer a button of an announcement that is not there or not one's own."""
    return note(
        v, "announcements.unknown", v.say("I cannot find that draft among yours. Nothing was sent.")
    )


def _goes_to(v: Voice, a: Announcement, audience: Audience) -> str:
    if a.channel:
        return v.say("the channel {name}", name=f"#{audience.channel_name}")
    return v.plural(
        "{n} person, in a direct message", "{n} people, in direct messages", audience.copies
    )


def _confirm_buttons(v: Voice, a: Announcement, audience: Audience) -> tuple[Button, ...]:
    if a.channel:
        label = v.say("Send to the channel")
    else:
        label = v.plural("Send to {n} person", "Send to {n} people", audience.copies)
    send = Button(
        label=label,
        action=Action.ANNOUNCE_SEND,
        argument=f"{a.id}:{audience.mark(a)}",
        tone=Tone.STRONG,
        confirm=v.say("Send it now? It cannot be called back in this version."),
    )
    rest = (
        Button(
            label=v.say("Change"),
            action=Action.ANNOUNCE_CHANGE,
            argument=str(a.id),
            opens_dialog=True,
        ),
        Button(label=v.say("Cancel"), action=Action.ANNOUNCE_CANCEL, argument=str(a.id)),
    )
    return (send, *rest) if audience.copies else rest


def examples(v: Voice) -> tuple[Card | Dialog, ...]:
    """Return one example of each card here."""
    a = Announcement(
        id=AnnouncementId(3),
        author=PersonId("p1"),
        title="New laptops for everyone",
        words="From Monday you can pick one of three models.\n\nAsk your champion which one fits.",
        channel=ChannelId(""),
        state=AnnouncementState.DRAFT,
        drafted_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
    )
    reach = Reach(person=PersonId("p2"), account=AccountId("web:demo:p2"), locale="en", zone="UTC")
    channel = Channel(id=ChannelId("web:demo:general"), name="general")
    everyone = Audience(reached=(reach,) * 38, unreachable=2)
    to_channel = replace(a, channel=channel.id)
    sending = replace(a, state=AnnouncementState.SENDING, planned=38)
    done = replace(a, state=AnnouncementState.DONE, planned=38)
    return (
        compose(v, [channel], a),
        announcement(v, a, "Ines Weber"),
        confirm(v, a, everyone),
        confirm(v, a, everyone, changed=True),
        confirm(v, a, Audience()),
        confirm(v, to_channel, Audience(channel_name="general", channel_open=True)),
        progress(v, sending, Tally(sent=20, failed=1, pending=17)),
        progress(v, done, Tally(sent=35, failed=1, unknown=1, cancelled=1)),
        cancelled(v, a),
        unknown(v),
    )
