"""Ask a wave, take answers that belong to nobody, close it and show what may be shown.

An answer writes two things in one transaction and nothing else: the person's participation row,
which has no time, and a sealed box under a random slot, which has no person. No outbox row, no
dedupe key, no log line: its thanks are the reply to the request itself, the same for everybody.
The participation row is what makes a repeated press harmless.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.heard import ChannelId
from bot.messages import Answer, Card, ToChannel, ToPerson
from bot.people.handlers import voice_of
from bot.people.model import PersonId
from bot.ports import Notice, Tools, UnitOfWork, Voice
from bot.pulses import cards, rules
from bot.pulses.model import Answers, Kind, Part, Sealed, Wave, WaveId, WaveState
from bot.pulses.results import aggregate
from bot.turn import Turn, only_you, tell


def compose(turn: Turn) -> Answer:
    """Answer "start a pulse" with its dialog."""
    return Answer(dialog=cards.compose(turn.voice, turn.uow.people.channels()))


def launch(turn: Turn, values: dict[str, str]) -> Answer:
    """Ask everyone known, and a channel if one is chosen."""
    uow, voice = turn.uow, turn.voice
    question = values.get(cards.QUESTION, "").strip()
    channel = ChannelId(values.get(cards.CHANNEL, "").removeprefix(cards.NO_CHANNEL))
    days = values.get(cards.DAYS, "")
    reached = uow.people.reachable()
    errors = cards.launch_errors(
        voice,
        question=question,
        days=days,
        channel_known=not channel or uow.people.channel(channel) is not None,
        known=len(reached),
    )
    if errors:
        return Answer(errors=errors)
    wave = uow.pulses.add(
        Wave(
            id=WaveId(0),
            question=question,
            state=WaveState.OPEN,
            launched_by=turn.person.id,
            opened_at=turn.now,
            closes_at=turn.now + timedelta(days=int(days)),
            public_key=turn.tools.sealer.new_key(),
            invited=len(reached),
            channel=channel,
        ),
        [reach.person for reach in reached],
    )
    uow.outbox.put(
        *(
            Notice(
                to=ToPerson(account=reach.account),
                card=cards.invitation(turn.tools.voice(reach.locale, reach.zone), wave),
                once=_invitation_once(wave, reach.person),
                batch=f"pulse:{wave.id}",
            )
            for reach in reached
        )
    )
    if channel:
        card = cards.live(_everyone(turn.tools), wave, answered=0)
        uow.outbox.put(Notice(to=ToChannel(channel=channel), card=card, once=_live_once(wave)))
    control = cards.control(voice, wave, answered=0)
    tell(turn, control, _control_once(wave))
    return Answer(card=control)


def answer(turn: Turn, argument: str, score: str) -> Answer:
    """Take one tap. Everybody who may answer reads the same words, however often they press."""
    points = rules.score_of(score)
    wave = _wave(turn.uow, argument)
    if wave is None or points is None:
        return only_you(cards.unknown(turn.voice))
    return _take(turn, wave, points, "")


def open_dialog(turn: Turn, argument: str) -> Answer:
    """Answer "answer now" on the home surface with scale and comment in one dialog."""
    wave = _wave(turn.uow, argument)
    if wave is None or not rules.is_open(wave, turn.now):
        return only_you(_closed(turn.voice, wave))
    return Answer(dialog=cards.answer_dialog(turn.voice, wave))


def submit(turn: Turn, argument: str, score: str, comment: str) -> Answer:
    """Take scale and comment of the dialog."""
    wave = _wave(turn.uow, argument)
    points = rules.score_of(score)
    if wave is None:
        return only_you(cards.unknown(turn.voice))
    if points is None:
        return Answer(errors={cards.SCORE: turn.voice.say("Pick a number from 0 to 10.")})
    errors = cards.comment_errors(turn.voice, comment)
    return Answer(errors=errors) if errors else _take(turn, wave, points, comment)


def comment_dialog(turn: Turn, argument: str) -> Answer:
    """Answer "add a comment" with its dialog."""
    wave = _wave(turn.uow, argument)
    if wave is None or not rules.is_open(wave, turn.now):
        return only_you(_closed(turn.voice, wave))
    return Answer(dialog=cards.comment_dialog(turn.voice, wave))


def comment(turn: Turn, argument: str, words: str) -> Answer:
    """Take one comment of a person who answered; a second one changes nothing."""
    wave = _wave(turn.uow, argument)
    if wave is None:
        return only_you(cards.unknown(turn.voice))
    if not words.strip():
        problem = turn.voice.say("Write a few words, or close this with Cancel.")
        return Answer(errors={cards.COMMENT: problem})
    errors = cards.comment_errors(turn.voice, words)
    if errors:
        return Answer(errors=errors)
    turn.uow.lock(_lock(wave))
    if not rules.is_open(_fresh(turn.uow, wave), turn.now):
        return only_you(_closed(turn.voice, wave))
    if turn.uow.pulses.advance(wave.id, turn.person.id, Part.ANSWERED, Part.COMMENTED):
        _seal(turn, wave, Kind.COMMENT, words.strip())
    return only_you(cards.thanks_for_comment(turn.voice))


def close_now(turn: Turn, argument: str) -> Answer:
    """Stop taking answers; the results follow as soon as the boxes are opened."""
    wave = _wave(turn.uow, argument)
    if wave is None:
        return only_you(cards.unknown(turn.voice))
    turn.uow.lock(_lock(wave))
    wave = _fresh(turn.uow, wave)
    if wave.state is WaveState.OPEN:
        wave = replace(wave, state=WaveState.CLOSING)
        turn.uow.pulses.save(wave)
    card = control_card(turn.uow, turn.voice, wave)
    turn.uow.outbox.amend(_control_once(wave), card)
    return Answer(card=card)


def keep_live(uow: UnitOfWork, tools: Tools, now: datetime) -> None:
    """Refresh the counts on live cards and stop waves whose time is over.

    Runs on a timer, never in the transaction of an answer, so that no edit of a message tells
    when somebody answered. Counts are rounded down to 5.
    """
    for wave in uow.pulses.waves(WaveState.OPEN):
        if not rules.is_open(wave, now):
            uow.pulses.save(replace(wave, state=WaveState.CLOSING))
            continue
        answered = uow.pulses.answered(wave.id)
        uow.outbox.amend(_live_once(wave), cards.live(_everyone(tools), wave, answered=answered))
        launcher = uow.people.get(wave.launched_by)
        if launcher is not None:
            card = cards.control(voice_of(launcher, tools), wave, answered=answered)
            uow.outbox.amend(_control_once(wave), card)


def open_boxes(uow: UnitOfWork, tools: Tools) -> tuple[Wave, ...]:
    """Turn the boxes of closing waves into shuffled answers; return those waves.

    A wave whose boxes are gone was opened before a crash: it is returned again, so that the
    caller destroys its key and calls ``finish``. Without its key a wave ends with no answers.
    """
    closing = uow.pulses.waves(WaveState.CLOSING)
    for wave in closing:
        uow.lock(_lock(wave))
        boxes = uow.pulses.sealed(wave.id)
        if boxes:
            answers = _opened(boxes, wave, tools, uow.people.names())
            ids = [tools.new_id() for _ in (*answers.scores, *answers.comments)]
            uow.pulses.publish(wave.id, answers, ids)
    return closing


def finish(uow: UnitOfWork, wave_id: WaveId, tools: Tools) -> None:
    """Close a wave for good and show its results in place of every card about it."""
    wave = uow.pulses.get(wave_id)
    if wave is None or wave.state is not WaveState.CLOSING:
        return
    wave = replace(wave, state=WaveState.CLOSED)
    uow.pulses.save(wave)
    answers = uow.pulses.answers(wave.id)
    figures = aggregate(answers.scores, k=wave.k)
    uow.outbox.amend(_live_once(wave), cards.results(_everyone(tools), wave, figures))
    for person_id in uow.pulses.panel(wave.id):
        person = uow.people.get(person_id)
        if person is not None:
            card = cards.results(voice_of(person, tools), wave, figures)
            uow.outbox.amend(_invitation_once(wave, person_id), card)
    launcher = uow.people.get(wave.launched_by)
    if launcher is not None:
        card = cards.results(voice_of(launcher, tools), wave, figures, answers.comments)
        uow.outbox.amend(_control_once(wave), card)


def home_section(turn: Turn) -> tuple[cards.MessagePart, ...]:
    """Return the open pulses of the home surface, for this person."""
    uow = turn.uow
    waves = [w for w in uow.pulses.waves(WaveState.OPEN) if rules.is_open(w, turn.now)]
    mine = [w for w in waves if uow.pulses.part(w.id, turn.person.id) is Part.OPEN]
    led = [(w, uow.pulses.answered(w.id)) for w in waves if w.launched_by == turn.person.id]
    return cards.home_section(turn.voice, mine, led)


def control_card(uow: UnitOfWork, voice: Voice, wave: Wave) -> Card:
    """Return the launcher's card for the wave's present state."""
    if wave.state is WaveState.CLOSED:
        answers = uow.pulses.answers(wave.id)
        return cards.results(voice, wave, aggregate(answers.scores, k=wave.k), answers.comments)
    return cards.control(voice, wave, answered=uow.pulses.answered(wave.id))


def _take(turn: Turn, wave: Wave, points: int, comment: str) -> Answer:
    uow, person = turn.uow, turn.person.id
    uow.lock(_lock(wave))
    wave = _fresh(uow, wave)
    if not rules.is_open(wave, turn.now):
        return only_you(_closed(turn.voice, wave))
    part = uow.pulses.part(wave.id, person)
    if part is None:
        if turn.event.private or turn.event.place != wave.channel:
            return only_you(cards.not_asked(turn.voice))
        uow.pulses.invite(wave.id, person)
    after = Part.COMMENTED if comment.strip() else Part.ANSWERED
    if uow.pulses.advance(wave.id, person, Part.OPEN, after):
        _seal(turn, wave, Kind.SCORE, str(points))
        if comment.strip():
            _seal(turn, wave, Kind.COMMENT, comment.strip())
    return only_you(cards.thanks(turn.voice, wave))


def _seal(turn: Turn, wave: Wave, kind: Kind, words: str) -> None:
    box = turn.tools.sealer.seal(wave.public_key, words.encode())
    turn.uow.pulses.put_sealed(Sealed(wave=wave.id, kind=kind, slot=turn.tools.new_id(), box=box))


def _opened(boxes: Sequence[Sealed], wave: Wave, tools: Tools, names: Sequence[str]) -> Answers:
    """Open all boxes, forget their order, mask what comments give away."""
    found: dict[Kind, list[str]] = {Kind.SCORE: [], Kind.COMMENT: []}
    try:
        for sealed in boxes:
            found[sealed.kind].append(tools.sealer.open(wave.public_key, sealed.box).decode())
    except KeyError:
        return Answers()
    for words in found.values():
        tools.shuffle(words)
    return Answers(
        scores=tuple(int(words) for words in found[Kind.SCORE]),
        comments=tuple(rules.masked(words, names) for words in found[Kind.COMMENT]),
    )


def _everyone(tools: Tools) -> Voice:
    return tools.voice("", "")


def _wave(uow: UnitOfWork, argument: str) -> Wave | None:
    number = rules.wave_id(argument)
    return uow.pulses.get(number) if number is not None else None


def _fresh(uow: UnitOfWork, wave: Wave) -> Wave:
    """Read a wave again once its lock is held: it may have closed meanwhile."""
    return uow.pulses.get(wave.id) or wave


def _closed(voice: Voice, wave: Wave | None) -> Card:
    return cards.closed(voice) if wave is not None else cards.unknown(voice)


def _lock(wave: Wave) -> str:
    return f"wave:{wave.id}"


def _invitation_once(wave: Wave, person: PersonId) -> str:
    return f"pulse:{wave.id}:{person}"


def _live_once(wave: Wave) -> str:
    return f"pulse:{wave.id}:live"


def _control_once(wave: Wave) -> str:
    return f"pulse:{wave.id}:control"
