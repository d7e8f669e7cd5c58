"""Draft, show exactly what others will see, confirm with the count, deliver, count.

The author has two messages: the announcement itself as every reader gets it, and a card that
first asks for confirmation and then follows the delivery. Both are changed in place.
"""

from dataclasses import replace

from bot.announcements import cards, rules
from bot.announcements.audience import Audience, audience_of
from bot.announcements.model import Announcement, AnnouncementId, AnnouncementState
from bot.heard import ChannelId
from bot.messages import Answer, Card, ToChannel, ToPerson
from bot.people.handlers import voice_of
from bot.ports import Notice, Tools, UnitOfWork, Voice
from bot.turn import Turn, only_you, tell
from bot.turn import change as change_message


def compose(turn: Turn) -> Answer:
    """Answer "announce" with an empty dialog."""
    return Answer(dialog=cards.compose(turn.voice, turn.uow.people.channels(), None))


def change(turn: Turn, argument: str) -> Answer:
    """Answer "change" with a dialog that holds the draft."""
    found = _own(turn, argument)
    if found is None or found.state is not AnnouncementState.DRAFT:
        return _present(turn, found)
    return Answer(dialog=cards.compose(turn.voice, turn.uow.people.channels(), found))


def preview(turn: Turn, argument: str, values: dict[str, str]) -> Answer:
    """Keep the draft and show it to its author alone, with what would happen next."""
    errors = _errors(turn, values)
    if errors:
        return Answer(errors=errors)
    draft = _draft(turn, argument, values)
    if draft is None:
        return only_you(cards.unknown(turn.voice))
    audience = audience_of(turn.uow, draft)
    # A channel reads the organisation's language, whoever wrote it: so does its preview.
    voice = turn.tools.voice("", "") if draft.channel else turn.voice
    shown = cards.announcement(voice, draft, _author_name(turn.uow, draft))
    control = cards.confirm(turn.voice, draft, audience)
    for once, card in ((_preview_once(draft), shown), (_control_once(draft), control)):
        if turn.uow.outbox.state(once):
            turn.uow.outbox.amend(once, card)
        else:
            tell(turn, card, once)
    return Answer(card=control)


def send(turn: Turn, argument: str) -> Answer:
    """Send what was previewed, to exactly as many as were announced; else ask again."""
    uow = turn.uow
    found = _own(turn, argument, lock=True)
    named = rules.named(argument)
    if found is None or named is None or found.state is not AnnouncementState.DRAFT:
        return _present(turn, found)
    audience = audience_of(uow, found)
    if named[1] != audience.mark(found) or audience.copies == 0:
        card = cards.confirm(turn.voice, found, audience, changed=True)
        return change_message(turn, _control_once(found), card)
    planned = uow.outbox.put(*_copies(uow, turn.tools, found, audience))
    sending = replace(found, state=AnnouncementState.SENDING, planned=planned)
    uow.announcements.save(sending)
    card = cards.progress(turn.voice, sending, uow.outbox.tally(_batch(sending)))
    return change_message(turn, _control_once(sending), card)


def cancel(turn: Turn, argument: str) -> Answer:
    """Drop a draft; nothing was sent to anyone."""
    found = _own(turn, argument, lock=True)
    if found is None or found.state is not AnnouncementState.DRAFT:
        return _present(turn, found)
    dropped = replace(found, state=AnnouncementState.CANCELLED)
    turn.uow.announcements.save(dropped)
    card = cards.cancelled(turn.voice, dropped)
    return change_message(turn, _control_once(dropped), card)


def keep_counting(uow: UnitOfWork, tools: Tools) -> None:
    """Bring the author's card up to date for each announcement on its way."""
    for announcement in uow.announcements.sending():
        tally = uow.outbox.tally(_batch(announcement))
        if rules.finished(announcement, tally):
            done = replace(announcement, state=AnnouncementState.DONE)
            uow.announcements.save(done)
        else:
            done = announcement
        author = uow.people.get(announcement.author)
        if author is not None:
            card = cards.progress(voice_of(author, tools), done, tally)
            uow.outbox.amend(_control_once(done), card)


def _errors(turn: Turn, values: dict[str, str]) -> dict[str, str]:
    channel = _channel(values)
    return cards.errors(
        turn.voice,
        title=values.get(cards.TITLE, "").strip(),
        words=values.get(cards.WORDS, "").strip(),
        channel_known=not channel or _is_open(turn.uow, channel),
    )


def _draft(turn: Turn, argument: str, values: dict[str, str]) -> Announcement | None:
    title, words = values[cards.TITLE].strip(), values[cards.WORDS].strip()
    if argument:
        found = _own(turn, argument, lock=True)
        if found is None or found.state is not AnnouncementState.DRAFT:
            return None
        changed = replace(found, title=title, words=words, channel=_channel(values))
        turn.uow.announcements.save(changed)
        return changed
    return turn.uow.announcements.add(
        Announcement(
            id=AnnouncementId(0),
            author=turn.person.id,
            title=title,
            words=words,
            channel=_channel(values),
            state=AnnouncementState.DRAFT,
            drafted_at=turn.now,
        )
    )


def _copies(
    uow: UnitOfWork, tools: Tools, announcement: Announcement, audience: Audience
) -> list[Notice]:
    name = _author_name(uow, announcement)
    batch = _batch(announcement)
    if announcement.channel:
        card = cards.announcement(tools.voice("", ""), announcement, name)
        place = ToChannel(channel=announcement.channel)
        return [Notice(to=place, card=card, once=f"{batch}:channel", batch=batch)]
    by_locale: dict[str, Card] = {}
    notices = []
    for reach in audience.reached:
        if reach.locale not in by_locale:
            voice = tools.voice(reach.locale, reach.zone)
            by_locale[reach.locale] = cards.announcement(voice, announcement, name)
        notices.append(
            Notice(
                to=ToPerson(account=reach.account),
                card=by_locale[reach.locale],
                once=f"{batch}:{reach.person}",
                batch=batch,
            )
        )
    return notices


def _own(turn: Turn, argument: str, *, lock: bool = False) -> Announcement | None:
    """Return an announcement of this author; anybody else's is as if it did not exist."""
    named = rules.named(argument)
    if named is None:
        return None
    if lock:
        turn.uow.lock(f"announcement:{named[0]}")
    found = turn.uow.announcements.get(named[0])
    return found if found is not None and found.author == turn.person.id else None


def _present(turn: Turn, found: Announcement | None) -> Answer:
    """Answer a button that no longer applies with how the announcement stands now."""
    if found is None:
        return only_you(cards.unknown(turn.voice))
    return only_you(_standing(turn.uow, turn.voice, found))


def _standing(uow: UnitOfWork, voice: Voice, found: Announcement) -> Card:
    if found.state is AnnouncementState.CANCELLED:
        return cards.cancelled(voice, found)
    if found.state is AnnouncementState.DRAFT:
        return cards.confirm(voice, found, audience_of(uow, found))
    return cards.progress(voice, found, uow.outbox.tally(_batch(found)))


def _is_open(uow: UnitOfWork, channel: ChannelId) -> bool:
    known = uow.people.channel(channel)
    return known is not None and known.active


def _author_name(uow: UnitOfWork, announcement: Announcement) -> str:
    author = uow.people.get(announcement.author)
    return author.name if author is not None else ""


def _channel(values: dict[str, str]) -> ChannelId:
    return ChannelId(values.get(cards.CHANNEL, "").removeprefix(cards.EVERYONE))


def _batch(announcement: Announcement) -> str:
    return f"announcement:{announcement.id}"


def _preview_once(announcement: Announcement) -> str:
    return f"announcement:{announcement.id}:preview"


def _control_once(announcement: Announcement) -> str:
    return f"announcement:{announcement.id}:control"
