"""One tap, no person key, and results only by rule."""

from datetime import timedelta
from functools import partial

import pytest

from bot.actions import Action
from bot.heard import ChannelId
from bot.messages import Card, Dialog, Scale
from bot.people.model import Channel
from bot.pulses import handlers
from bot.pulses.model import Kind, Part, WaveId, WaveState
from tests.bot.talk import CIO, Someone, Talk, buttons, words

GENERAL = "web:demo:general"
WAVE = WaveId(1)


class Pulse:
    """A CIO, some colleagues and a channel, with a wave already asked."""

    def __init__(self, colleagues: int = 12, *, channel: bool = True) -> None:
        self.talk = Talk()
        self.cio = self.talk.person("cio")
        assert self.cio.account == CIO
        self.cio.says("hi")
        self.people = [self.talk.person(f"p{n:02}") for n in range(colleagues)]
        for person in self.people:
            person.says("hi")
        with self.talk.store.units() as uow:
            uow.people.save_channel(Channel(id=ChannelId(GENERAL), name="general"))
            uow.commit()
        self.dialog = self.cio.presses(Action.PULSE_COMPOSE).dialog
        self.channel = GENERAL if channel else "-"

    def launch(self, **values: str) -> "Pulse":
        """Ask."""
        asked = {"question": "How happy?", "channel": self.channel, "days": "7", **values}
        answer = self.cio.submits(self.dialog, **asked)
        assert not answer.errors
        return self

    def answer(self, person: Someone, score: object, place: str = "") -> Card:
        """Tap, and read what one reads then."""
        card = person.presses(Action.PULSE_ANSWER, "1", place=place, score=str(score)).card
        assert card is not None
        return card

    def tick(self) -> None:
        """Let the clock's chores run."""
        self.talk.work(lambda uow: handlers.keep_live(uow, self.talk.tools, self.talk.now))

    def close(self) -> None:
        """Close, open the boxes, destroy the key, show the results."""
        self.cio.presses(Action.PULSE_CLOSE, "1")
        self.finish()

    def publish(self) -> None:
        """Open the boxes of closing waves and write the answers."""
        tools = self.talk.tools
        for wave in self.talk.work(handlers.closing):
            boxes, names, answered = self.talk.work(partial(handlers.boxes_of, wave=wave))
            found = handlers.opened(boxes, names, answered, wave, tools)
            write = partial(handlers.publish, wave_id=wave.id, answers=found, tools=tools)
            self.talk.work(write)

    def finish(self) -> None:
        """Do what the clock does with closing waves."""
        tools = self.talk.tools
        self.publish()
        for wave in self.talk.work(handlers.closing):
            self.talk.sealer.destroy(wave.public_key)
            self.talk.work(partial(handlers.show_results, wave=wave, tools=tools))
            self.talk.work(partial(handlers.finish, wave_id=wave.id, tools=tools))

    def in_channel(self) -> Card:
        """Return the channel's card as it stands."""
        return next(s.card for s in self.talk.messages.values() if s.to == GENERAL)


def test_everyone_is_asked_once_with_a_scale_that_one_tap_answers() -> None:
    """Direct messages, the channel and the launcher's own card."""
    pulse = Pulse().launch()
    for person in (*pulse.people, pulse.cio):
        scales = [part for part in person.cards()[-1].parts if isinstance(part, Scale)]
        if person is not pulse.cio:
            assert [(s.action, s.argument) for s in scales] == [(Action.PULSE_ANSWER, "1")]
    assert pulse.in_channel().name == "pulses.live"
    assert pulse.cio.names()[-2:] == ["pulses.invitation", "pulses.control"]
    assert "13" in words(pulse.cio.last)


def test_an_answer_leaves_a_box_and_a_timeless_row_and_nothing_else() -> None:
    """No outbox row, no key, no change of the person; the thanks are the same for every score."""
    pulse = Pulse().launch()
    before = len(pulse.talk.messages)
    cards = {words(pulse.answer(person, n % 11)) for n, person in enumerate(pulse.people)}
    assert len(cards) == 1
    assert len(pulse.talk.messages) == before
    with pulse.talk.store.units() as uow:
        boxes = uow.pulses.sealed(WAVE)
        assert len(boxes) == 12
        assert uow.pulses.answered(WAVE) == 12
        assert uow.outbox.next_due() is None
        assert uow.handled.claim("web:anything", pulse.talk.now)


def test_a_second_tap_changes_nothing_and_reads_the_same() -> None:
    """Double clicks, redeliveries and second thoughts: one answer."""
    pulse = Pulse().launch()
    first = pulse.answer(pulse.people[0], 3)
    assert pulse.answer(pulse.people[0], 9) == first
    with pulse.talk.store.units() as uow:
        assert [one.box for one in uow.pulses.sealed(WAVE)] == [b"3"]


@pytest.mark.parametrize("score", ["11", "-1", "", "ten", "1.5", "٣", "007"])
def test_what_is_no_score_is_not_counted(score: str) -> None:
    """Only 0 to 10 are answers."""
    pulse = Pulse().launch()
    assert pulse.answer(pulse.people[0], score).name == "pulses.unknown"
    with pulse.talk.store.units() as uow:
        assert uow.pulses.answered(WAVE) == 0


def test_an_unknown_wave_is_answered_politely() -> None:
    """A button of another instance, or of none."""
    pulse = Pulse().launch()
    for argument in ("7", "x", "", "1" * 40):
        card = pulse.people[0].presses(Action.PULSE_ANSWER, argument, score="3").card
        assert card is not None
        assert card.name == "pulses.unknown"


def test_live_counts_are_rounded_down_and_change_on_the_clock_only() -> None:
    """An edit at the moment of an answer would tell who answered."""
    pulse = Pulse().launch()
    for person in pulse.people[:6]:
        pulse.answer(person, 8)
    assert "Fewer than 5" in words(pulse.in_channel())
    pulse.tick()
    assert "At least 5 have answered" in words(pulse.in_channel())
    edits = [seen.edits for seen in pulse.talk.messages.values()]
    pulse.answer(pulse.people[7], 8)
    pulse.tick()
    assert [seen.edits for seen in pulse.talk.messages.values()] == edits


def test_a_person_of_the_channel_may_join_in_and_a_stranger_may_not() -> None:
    """Who reads the channel was asked too; who presses elsewhere was not."""
    pulse = Pulse().launch()
    newcomer = pulse.talk.person("new")
    assert pulse.answer(newcomer, 7).name == "pulses.not_asked"
    assert pulse.answer(newcomer, 7, place=GENERAL).name == "pulses.thanks"
    assert pulse.answer(newcomer, 7, place="web:demo:other").name == "pulses.thanks"
    other = pulse.talk.person("other")
    other.says("hi")
    assert pulse.answer(other, 7).name == "pulses.not_asked"
    with pulse.talk.store.units() as uow:
        assert uow.pulses.asked(WAVE) == 14
        assert uow.pulses.answered(WAVE) == 1


def test_a_comment_needs_an_answer_first_and_counts_once() -> None:
    """It comes through a dialog, sealed like the score."""
    pulse = Pulse().launch()
    ada = pulse.people[0]
    pulse.answer(ada, 4)
    dialog = ada.presses(Action.PULSE_COMMENT, "1").dialog
    assert isinstance(dialog, Dialog)
    assert ada.submits(dialog, comment="  ").errors
    assert ada.submits(dialog, comment="x" * 501).errors
    names = []
    for text in ("Slow laptops", "and again"):
        answer = ada.submits(dialog, comment=text)
        assert answer.card is not None
        names.append(answer.card.name)
    assert names == ["pulses.thanks_for_comment", "pulses.already"]
    refused = pulse.people[1].submits(dialog, comment="never answered").card
    assert refused is not None
    assert refused.name == "pulses.answer_first"
    with pulse.talk.store.units() as uow:
        comments = [one for one in uow.pulses.sealed(WAVE) if one.kind is Kind.COMMENT]
        person = uow.people.by_account(ada.account)
        assert person is not None
        assert uow.pulses.part(WAVE, person.id) is Part.COMMENTED
    assert len(comments) == 1


def test_home_offers_the_open_question_until_it_is_answered() -> None:
    """One dialog takes score and comment; the launcher sees the count and can close."""
    pulse = Pulse().launch()
    ada = pulse.people[0]
    assert "Open questions to you" in words(ada.opens_home())
    dialog = ada.presses(Action.PULSE_OPEN, "1").dialog
    assert ada.submits(dialog, score="").errors.keys() == {"score"}
    assert ada.submits(dialog, score="5", comment="y" * 501).errors.keys() == {"comment"}
    done = ada.submits(dialog, score="5", comment="Too many tickets")
    assert done.card is not None
    assert done.card.name == "pulses.thanks"
    assert "Open questions to you" not in words(ada.opens_home())
    stale = ada.presses(Action.PULSE_OPEN, "1").card
    assert stale is not None
    assert stale.name == "pulses.already"
    again = ada.submits(dialog, score="9", comment="A second thought").card
    assert again is not None
    assert again.name == "pulses.already"
    home = pulse.cio.opens_home()
    assert Action.PULSE_CLOSE in {button.action for button in buttons(home)}
    with pulse.talk.store.units() as uow:
        assert len(uow.pulses.sealed(WAVE)) == 2


def test_a_comment_in_the_dialog_after_a_tap_is_kept() -> None:
    """Who tapped first and opened the dialog before loses nothing."""
    pulse = Pulse().launch()
    ada = pulse.people[0]
    dialog = ada.presses(Action.PULSE_OPEN, "1").dialog
    pulse.answer(ada, 4)
    done = ada.submits(dialog, score="5", comment="Slow").card
    assert done is not None
    assert done.name == "pulses.thanks"
    with pulse.talk.store.units() as uow:
        kinds = sorted(one.kind for one in uow.pulses.sealed(WAVE))
    assert kinds == [Kind.COMMENT, Kind.SCORE]


def test_results_replace_every_card_about_the_wave() -> None:
    """At the close, in place, for everybody who was asked; comments for the launcher alone."""
    pulse = Pulse().launch()
    for number, person in enumerate(pulse.people):
        pulse.answer(person, (9, 8, 3)[number % 3])
    for number in range(5):
        dialog = pulse.people[number].presses(Action.PULSE_COMMENT, "1").dialog
        said = f"{number} Ask P03 or mail x@example.com, +49 30 1234567"
        pulse.people[number].submits(dialog, comment=said)
    pulse.close()
    assert pulse.people[0].last.name == "pulses.results"
    assert pulse.in_channel().name == "pulses.results"
    assert pulse.cio.names()[-2:] == ["pulses.results", "pulses.comments"]
    shown = words(pulse.cio.cards()[-2])
    assert "4 Ask [name]03 or mail [e-mail], [number]" in words(pulse.cio.last)
    assert "at least 10" in shown
    assert pulse.talk.sealer.keys == set()
    with pulse.talk.store.units() as uow:
        assert uow.pulses.sealed(WAVE) == ()
        wave = uow.pulses.get(WAVE)
        assert wave is not None
        assert wave.state is WaveState.CLOSED
        parts = {uow.pulses.part(WAVE, person) for person in uow.pulses.panel(WAVE)}
        assert parts == {Part.OPEN, Part.ANSWERED}


@pytest.mark.parametrize(
    ("answers", "comments", "kept"),
    [(12, 4, (12, 0)), (12, 5, (12, 5)), (9, 6, (9, 0)), (4, 4, (0, 0))],
)
def test_what_may_never_be_shown_is_not_kept(
    answers: int, comments: int, kept: tuple[int, int]
) -> None:
    """Neither scores of fewer than 5 nor comments of few people outlive the close."""
    pulse = Pulse().launch()
    for number, person in enumerate(pulse.people[:answers]):
        pulse.answer(person, (9, 3)[number % 2])
        if number < comments:
            dialog = person.presses(Action.PULSE_COMMENT, "1").dialog
            person.submits(dialog, comment=f"comment {number}")
    pulse.close()
    with pulse.talk.store.units() as uow:
        found = uow.pulses.answers(WAVE)
    assert (len(found.scores), len(found.comments)) == kept


def test_many_comments_come_in_several_messages() -> None:
    """None is left out for want of room."""
    pulse = Pulse(colleagues=32).launch()
    for number, person in enumerate(pulse.people):
        pulse.answer(person, number % 11)
        dialog = person.presses(Action.PULSE_COMMENT, "1").dialog
        person.submits(dialog, comment=f"comment {number:02}")
    pulse.close()
    shown = [words(card) for card in pulse.cio.cards() if card.name == "pulses.comments"]
    assert len(shown) == 3
    assert all(any(f"comment {n:02}" in one for one in shown) for n in range(32))


def test_a_bad_box_is_left_out_and_a_missing_key_loses_nothing() -> None:
    """One spoilt box costs one answer; without its key a wave waits with all its boxes."""
    pulse = Pulse().launch()
    for person in pulse.people:
        pulse.answer(person, 8)
    pulse.cio.presses(Action.PULSE_CLOSE, "1")
    key, pulse.talk.sealer.keys = set(pulse.talk.sealer.keys), set()
    with pytest.raises(KeyError):
        pulse.finish()
    with pulse.talk.store.units() as uow:
        boxes = uow.pulses.sealed(WAVE)
    assert len(boxes) == 12
    pulse.talk.sealer.keys = key
    pulse.talk.sealer.spoilt.add(boxes[0].box)
    pulse.talk.sealer.spoilt_once = True
    pulse.finish()
    with pulse.talk.store.units() as uow:
        assert len(uow.pulses.answers(WAVE).scores) == 11


def test_a_merged_persons_two_answers_are_one_person() -> None:
    """Four people never pass for five."""
    pulse = Pulse(colleagues=5).launch()
    for person in pulse.people:
        pulse.answer(person, 8)
    with pulse.talk.store.units() as uow:
        one, two = (uow.people.by_account(p.account) for p in pulse.people[:2])
        assert one is not None
        assert two is not None
        uow.people.merge(one.id, two.id)
        uow.commit()
    pulse.close()
    assert "Fewer than 5" in words(pulse.cio.last)
    assert {person.last.name for person in pulse.people} == {"pulses.results"}


def test_a_typed_number_is_not_taken_for_a_need_or_an_answer() -> None:
    """What is typed has a name on it; the scale has not."""
    pulse = Pulse().launch()
    ada = pulse.people[0]
    ada.says("8")
    assert ada.last.name == "pulses.tap_please"
    pulse.answer(ada, 8)
    ada.says("8")
    assert ada.last.name == "needs.summary"


def test_a_pulse_on_top_of_another_is_warned_of() -> None:
    """The dialog says how many get it and that one is still open."""
    pulse = Pulse().launch()
    dialog = pulse.cio.presses(Action.PULSE_COMPOSE, "").dialog
    assert "13 people get" in str(dialog)
    assert "1 pulse is still open" in str(dialog)


def test_a_channel_that_the_bot_left_is_refused() -> None:
    """Its name is still known, the way there is not."""
    pulse = Pulse()
    with pulse.talk.store.units() as uow:
        uow.people.save_channel(Channel(id=ChannelId(GENERAL), name="general", active=False))
        uow.commit()
    errors = pulse.cio.submits(pulse.dialog, question="How?", channel=GENERAL, days="7").errors
    assert errors.keys() == {"channel"}


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (0, "Fewer than 5"),
        (4, "Fewer than 5"),
        (5, "At least 5 people answered"),
        (9, "too few for a number"),
        (10, "all alike: neutral"),
    ],
)
def test_small_groups_are_not_shown(answers: int, says: str) -> None:
    """Nothing under 5, no number under 10, no average of people who all agree."""
    pulse = Pulse().launch()
    for person in pulse.people[:answers]:
        pulse.answer(person, 8)
    pulse.close()
    assert says in words(pulse.cio.last)
    assert "%" not in words(pulse.cio.last).split("IT happiness is")[0]


def test_a_wave_ends_by_itself_and_takes_no_late_answer() -> None:
    """The clock stops it; a press afterwards is answered politely and not counted."""
    pulse = Pulse().launch(days="1")
    pulse.answer(pulse.people[0], 8)
    pulse.talk.now += timedelta(days=1)
    assert pulse.answer(pulse.people[1], 8).name == "pulses.closed"
    pulse.tick()
    pulse.finish()
    assert pulse.cio.last.name == "pulses.results"
    late = pulse.people[1]
    assert pulse.answer(late, 8).name == "pulses.closed"
    for action in (Action.PULSE_COMMENT, Action.PULSE_OPEN):
        card = late.presses(action, "1").card
        assert card is not None
        assert card.name == "pulses.closed"
    with pulse.talk.store.units() as uow:
        assert uow.pulses.answered(WAVE) == 1


def test_a_close_interrupted_at_any_step_is_finished_by_the_next_tick() -> None:
    """After publishing, after the key's end: the answers are the same and shown once."""
    pulse = Pulse().launch()
    for person in pulse.people:
        pulse.answer(person, 8)
    pulse.answer(pulse.cio, 2)
    pulse.cio.presses(Action.PULSE_CLOSE, "1")
    again = pulse.cio.presses(Action.PULSE_CLOSE, "1").card
    assert again is not None
    assert again.name == "pulses.closing"
    pulse.publish()
    pulse.talk.sealer.keys.clear()
    pulse.finish()
    pulse.finish()
    with pulse.talk.store.units() as uow:
        assert uow.pulses.answers(WAVE).scores == (2, *([8] * 12))
    standing = pulse.cio.presses(Action.PULSE_CLOSE, "1").card
    assert standing is not None
    assert standing.name == "pulses.results"


def test_only_the_cio_starts_and_closes() -> None:
    """Everything is refused without the role, by button, dialog and word alike."""
    pulse = Pulse().launch()
    ada = pulse.people[0]
    for action in (Action.PULSE_COMPOSE, Action.PULSE_CLOSE, Action.PULSE_LAUNCH):
        card = ada.presses(action, "1").card
        assert card is not None
        assert card.name == "people.not_yours"
    ada.says("pulse")
    assert ada.last.name == "people.not_yours"
    assert Action.PULSE_COMPOSE not in {b.action for b in buttons(ada.opens_home())}
    pulse.cio.says("pulse")
    assert pulse.cio.last.name == "people.menu"
    assert pulse.cio.commands("pulse").dialog is not None


def test_every_wrong_field_is_named() -> None:
    """A dialog with faults stays open and says what to do, field by field."""
    pulse = Pulse(colleagues=1)
    errors = pulse.cio.submits(pulse.dialog, question=" ", channel="web:demo:x", days="9").errors
    assert errors.keys() == {"question", "channel", "days"}
    long = pulse.cio.submits(pulse.dialog, question="x" * 301, channel="-", days="7").errors
    assert "300" in long["question"]
    few = pulse.cio.submits(pulse.dialog, question="How?", channel="-", days="7").errors
    assert "I know only 2 people" in few["question"]
    card = pulse.cio.presses(Action.PULSE_CLOSE, "99").card
    assert card is not None
    assert card.name == "pulses.unknown"
    nothing = pulse.cio.submits(
        Dialog(
            name="x",
            title="x",
            summary="x",
            parts=(),
            action=Action.PULSE_SUBMIT,
            argument="99",
            submit="x",
            cancel="x",
        ),
        score="1",
    ).card
    assert nothing is not None
    assert nothing.name == "pulses.unknown"


def test_a_wave_without_a_channel_is_asked_in_direct_messages_alone() -> None:
    """The channel is optional."""
    pulse = Pulse(channel=False).launch()
    assert [seen.to for seen in pulse.talk.messages.values() if seen.to == GENERAL] == []
    pulse.tick()
    pulse.close()
    assert pulse.cio.last.name == "pulses.results"
