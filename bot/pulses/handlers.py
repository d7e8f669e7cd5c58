"""Ask a wave, take answers that belong to nobody, close it and show what may be shown.

An answer of somebody known writes two things in one transaction and nothing else: the person's
participation row, which has no time, and a sealed box under a random slot, which has no person. No
outbox row, no dedupe key, no log line, no count: its thanks are the reply to the request itself,
the same for everybody. The participation row is what makes a repeated press harmless.

A close goes ``closing`` → ``opened`` (in memory) → ``publish`` → wipe → destroy the key →
``show_results`` in pages → ``finish``; ``adapters/schedule/chores.py`` does the parts between.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from bot.heard import ChannelId
from bot.messages import Answer, Card, ToChannel, ToPerson
from bot.messages import Part as CardPart
from bot.people.handlers import voice_of
from bot.ports import Notice, Tools, UnitOfWork, Voice
from bot.pulses import cards, rules
from bot.pulses.model import Answers, Kind, Part, Sealed, Wave, WaveId, WaveState
from bot.pulses.results import Results, aggregate
from bot.turn import Turn, change, only_you, tell

PAGE = 200
COMMENTS_A_CARD = 15


def compose(turn: Turn) -> Answer:
    """Answer "start a pulse" with its dialog."""
    uow = turn.uow
    running = uow.pulses.waves(WaveState.OPEN)
    return Answer(
        dialog=cards.compose(
            turn.voice,
            uow.people.channels(),
            known=len(uow.people.reachable()),
            running=len(running),
        )
    )


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
        channel_known=not channel or _is_open(uow, channel),
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
    invitations = _Shared(turn.tools, lambda voice: cards.invitation(voice, wave))
    uow.outbox.put(
        *(
            Notice(
                to=ToPerson(account=reach.account),
                card=invitations.speaking(reach.locale, reach.zone),
                once=f"{_batch(wave)}:{reach.person}",
                batch=_batch(wave),
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
    if turn.uow.pulses.part(wave.id, turn.person.id) is not Part.OPEN:
        return only_you(cards.already(turn.voice))
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
    if _comment(turn, wave, words):
        return only_you(cards.thanks_for_comment(turn.voice))
    part = turn.uow.pulses.part(wave.id, turn.person.id)
    return only_you((cards.already if part is Part.COMMENTED else cards.answer_first)(turn.voice))


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
    return change(turn, _control_once(wave), card)


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


def closing(uow: UnitOfWork) -> tuple[Wave, ...]:
    """Return the waves that take no more answers and show no results yet."""
    return uow.pulses.waves(WaveState.CLOSING)


def boxes_of(uow: UnitOfWork, wave: Wave) -> tuple[tuple[Sealed, ...], tuple[str, ...], int]:
    """Return a closing wave's boxes, all names to be masked, and how many people answered."""
    return uow.pulses.sealed(wave.id), uow.people.names(), uow.pulses.answered(wave.id)


def opened(
    boxes: Sequence[Sealed], names: Sequence[str], answered: int, wave: Wave, tools: Tools
) -> Answers:
    """Open boxes, forget their order, mask what comments give away. Needs no transaction.

    What may never be shown is not kept: no score of fewer than ``k`` people, no comment unless
    enough people answered and enough commented. A box that does not open is left out. Raises
    KeyError, and nothing is lost, if the wave's key is not here.
    """
    found: dict[Kind, list[str]] = {Kind.SCORE: [], Kind.COMMENT: []}
    for sealed in boxes:
        with suppress(ValueError):
            found[sealed.kind].append(tools.sealer.open(wave.public_key, sealed.box).decode())
    for words in found.values():
        tools.shuffle(words)
    scores = tuple(int(words) for words in found[Kind.SCORE])
    people = min(len(scores), answered)  # a merged person may have answered from two accounts
    if people < wave.k:
        return Answers()
    if people < wave.k_comment or len(found[Kind.COMMENT]) < wave.k:
        return Answers(scores=scores)
    mask = rules.Mask(names)
    return Answers(scores=scores, comments=tuple(mask.over(words) for words in found[Kind.COMMENT]))


def publish(uow: UnitOfWork, wave_id: WaveId, answers: Answers, tools: Tools) -> None:
    """Write the answers in place of the boxes, unless another process did so already."""
    uow.lock(f"wave:{wave_id}")
    wave = uow.pulses.get(wave_id)
    if wave is not None and wave.state is WaveState.CLOSING and uow.pulses.sealed(wave_id):
        ids = [tools.new_id() for _ in (*answers.scores, *answers.comments)]
        uow.pulses.publish(wave_id, answers, ids)


def show_results(uow: UnitOfWork, wave: Wave, tools: Tools, *, after: int = 0) -> int | None:
    """Put the results in place of the next few invitations; return where to go on, or None."""
    figures = _figures(uow, wave)
    shared = _Shared(tools, lambda voice: cards.results(voice, wave, figures))
    page = uow.outbox.members(_batch(wave), after=after, limit=PAGE)
    for _, once, place in page:
        person = uow.people.by_account(place.account) if isinstance(place, ToPerson) else None
        if person is not None:
            uow.outbox.amend(once, shared.speaking(person.locale, person.zone))
    return page[-1][0] if len(page) == PAGE else None


def close_whole(uow: UnitOfWork, wave: Wave, tools: Tools) -> None:
    """Close a wave in one transaction: for small ones that nobody waits behind, as in the demo.

    The caller wipes and destroys the key afterwards.
    """
    boxes, names, answered = boxes_of(uow, wave)
    publish(uow, wave.id, opened(boxes, names, answered, wave, tools), tools)
    after: int | None = 0
    while after is not None:
        after = show_results(uow, wave, tools, after=after)
    finish(uow, wave.id, tools)


def finish(uow: UnitOfWork, wave_id: WaveId, tools: Tools) -> None:
    """Close a wave for good: results in the channel and for its launcher, with comments."""
    wave = uow.pulses.get(wave_id)
    if wave is None or wave.state is not WaveState.CLOSING:
        return
    wave = replace(wave, state=WaveState.CLOSED)
    uow.pulses.save(wave)
    figures = _figures(uow, wave)
    uow.outbox.amend(_live_once(wave), cards.results(_everyone(tools), wave, figures))
    launcher = uow.people.get(wave.launched_by)
    if launcher is None:
        return
    voice = voice_of(launcher, tools)
    uow.outbox.amend(_control_once(wave), cards.results(voice, wave, figures))
    comments = uow.pulses.answers(wave.id).comments
    for start in range(0, len(comments), COMMENTS_A_CARD):
        shown = comments[start : start + COMMENTS_A_CARD]
        card = cards.comments(voice, wave, shown, start, len(comments))
        once = f"{_batch(wave)}:comments:{start}"
        uow.outbox.put(Notice(to=ToPerson(account=launcher.preferred), card=card, once=once))


def answers_in_words(turn: Turn, words: str) -> bool:
    """Tell whether somebody typed a number while a question is open to her."""
    if rules.score_of(words.strip()) is None:
        return False
    return any(
        turn.uow.pulses.part(wave.id, turn.person.id) is Part.OPEN
        for wave in turn.uow.pulses.waves(WaveState.OPEN)
    )


def home_section(turn: Turn) -> tuple[CardPart, ...]:
    """Return the open pulses of the home surface, for this person."""
    uow = turn.uow
    waves = [w for w in uow.pulses.waves(WaveState.OPEN) if rules.is_open(w, turn.now)]
    mine = [w for w in waves if uow.pulses.part(w.id, turn.person.id) is Part.OPEN]
    led = [(w, uow.pulses.answered(w.id)) for w in waves if w.launched_by == turn.person.id]
    return cards.home_section(turn.voice, mine, led)


def control_card(uow: UnitOfWork, voice: Voice, wave: Wave) -> Card:
    """Return the launcher's card for the wave's present state."""
    if wave.state is WaveState.CLOSED:
        return cards.results(voice, wave, _figures(uow, wave))
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
    if uow.pulses.advance(wave.id, person, Part.OPEN, Part.ANSWERED):
        _seal(turn, wave, Kind.SCORE, str(points))
    if comment.strip() and not _comment(turn, wave, comment):
        return only_you(cards.already(turn.voice))
    return only_you(cards.thanks(turn.voice, wave))


def _comment(turn: Turn, wave: Wave, words: str) -> bool:
    """Take a comment of somebody who answered and did not comment yet."""
    if not turn.uow.pulses.advance(wave.id, turn.person.id, Part.ANSWERED, Part.COMMENTED):
        return False
    _seal(turn, wave, Kind.COMMENT, words.strip())
    return True


def _seal(turn: Turn, wave: Wave, kind: Kind, words: str) -> None:
    box = turn.tools.sealer.seal(wave.public_key, words.encode("utf-8", "replace"))
    turn.uow.pulses.put_sealed(Sealed(wave=wave.id, kind=kind, slot=turn.tools.new_id(), box=box))


class _Shared:
    """One card per language and zone, drawn when first asked for."""

    def __init__(self, tools: Tools, draw: Callable[[Voice], Card]) -> None:
        self._tools = tools
        self._draw = draw
        self._drawn: dict[tuple[str, str], Card] = {}

    def speaking(self, locale: str, zone: str) -> Card:
        """Return the card in a language and zone."""
        key = (locale, zone)
        if key not in self._drawn:
            self._drawn[key] = self._draw(self._tools.voice(locale, zone))
        return self._drawn[key]


def _figures(uow: UnitOfWork, wave: Wave) -> Results:
    return aggregate(uow.pulses.answers(wave.id).scores, k=wave.k)


def _is_open(uow: UnitOfWork, channel: ChannelId) -> bool:
    known = uow.people.channel(channel)
    return known is not None and known.active


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


def _batch(wave: Wave) -> str:
    return f"pulse:{wave.id}"


def _live_once(wave: Wave) -> str:
    return f"pulse:{wave.id}:live"


def _control_once(wave: Wave) -> str:
    return f"pulse:{wave.id}:control"
