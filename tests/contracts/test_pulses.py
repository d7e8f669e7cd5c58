"""Waves, participation, boxes and answers."""

from dataclasses import replace

import pytest

from bot.people.model import PersonId
from bot.ports import UnitOfWork
from bot.pulses.model import Answers, Kind, Part, Sealed, Wave, WaveId, WaveState
from storage import Storage
from tests.contracts.examples import person, wave


def launch(uow: UnitOfWork, *names: str) -> Wave:
    everyone = [person(uow, name) for name in names]
    return uow.pulses.add(wave(everyone[0]), everyone)


def test_a_wave_comes_back_with_its_panel(store: Storage) -> None:
    """Everyone asked has one open row, whoever is asked twice too."""
    with store.units() as uow:
        bob, ann = person(uow, "bob"), person(uow, "ann")
        kept = uow.pulses.add(wave(bob), [bob, ann, bob])
        assert kept.id > 0
        assert uow.pulses.get(kept.id) == kept
        assert uow.pulses.panel(kept.id) == (ann, bob)
        assert uow.pulses.asked(kept.id) == 2
        assert uow.pulses.answered(kept.id) == 0
        assert uow.pulses.part(kept.id, ann) is Part.OPEN
        assert uow.pulses.part(kept.id, PersonId("nobody")) is None
        assert uow.pulses.get(WaveId(999)) is None


def test_a_wave_without_panel(store: Storage) -> None:
    """A wave asked in a channel alone invites nobody at launch."""
    with store.units() as uow:
        kept = uow.pulses.add(wave(person(uow, "ann")), [])
        assert uow.pulses.panel(kept.id) == ()


def test_waves_by_state_are_newest_first(store: Storage) -> None:
    """Only the states asked for are returned."""
    with store.units() as uow:
        ann = person(uow, "ann")
        kept = [
            uow.pulses.add(wave(ann, state), [])
            for state in (WaveState.OPEN, WaveState.CLOSED, WaveState.CLOSING)
        ]
        assert uow.pulses.waves(WaveState.OPEN, WaveState.CLOSING) == (kept[2], kept[0])
        assert uow.pulses.waves() == ()
        closed = replace(kept[0], state=WaveState.CLOSED)
        uow.pulses.save(closed)
        assert uow.pulses.waves("closed") == (kept[1], closed)


def test_an_invitation_later_adds_one_row(store: Storage) -> None:
    """Who was asked already stays as she is."""
    with store.units() as uow:
        kept = launch(uow, "ann")
        bob = person(uow, "bob")
        assert uow.pulses.invite(kept.id, bob)
        assert uow.pulses.advance(kept.id, bob, Part.OPEN, Part.ANSWERED)
        assert not uow.pulses.invite(kept.id, bob)
        assert uow.pulses.part(kept.id, bob) is Part.ANSWERED
        assert uow.pulses.asked(kept.id) == 2


def test_participation_moves_once(store: Storage) -> None:
    """A second answer finds the row moved; a comment may follow."""
    with store.units() as uow:
        kept = launch(uow, "ann", "bob")
        ann = PersonId("ann")
        assert uow.pulses.advance(kept.id, ann, Part.OPEN, Part.ANSWERED)
        assert not uow.pulses.advance(kept.id, ann, Part.OPEN, Part.ANSWERED)
        assert uow.pulses.advance(kept.id, ann, Part.ANSWERED, Part.COMMENTED)
        assert not uow.pulses.advance(kept.id, PersonId("eve"), Part.OPEN, Part.ANSWERED)
        assert not uow.pulses.advance(WaveId(999), ann, Part.OPEN, Part.ANSWERED)
        assert uow.pulses.answered(kept.id) == 1


@pytest.mark.parametrize("state", [WaveState.CLOSING, WaveState.CLOSED])
def test_a_wave_that_closes_takes_no_answer(store: Storage, state: WaveState) -> None:
    """Closing is enough: boxes are being opened."""
    with store.units() as uow:
        kept = launch(uow, "ann")
        uow.pulses.save(replace(kept, state=state))
        assert not uow.pulses.advance(kept.id, PersonId("ann"), Part.OPEN, Part.ANSWERED)


def test_boxes_come_in_order_of_slot(store: Storage) -> None:
    """Neither the order of arrival nor another wave's box shows."""
    with store.units() as uow:
        kept = launch(uow, "ann")
        boxes = [
            Sealed(wave=kept.id, kind=kind, slot=slot, box=bytes(range(256)))
            for slot, kind in (("f0", Kind.SCORE), ("07", Kind.COMMENT), ("a1", Kind.SCORE))
        ]
        for box in boxes:
            uow.pulses.put_sealed(box)
        uow.pulses.put_sealed(replace(boxes[0], wave=WaveId(kept.id + 1), slot="00"))
        assert uow.pulses.sealed(kept.id) == (boxes[1], boxes[2], boxes[0])


def test_publishing_leaves_answers_and_no_boxes(store: Storage) -> None:
    """Answers come back sorted, participation stays as it was."""
    with store.units() as uow:
        kept = launch(uow, "ann", "bob", "cid")
        other = uow.pulses.add(wave(PersonId("ann")), [PersonId("ann")])
        for name in ("ann", "cid"):
            uow.pulses.advance(kept.id, PersonId(name), Part.OPEN, Part.ANSWERED)
        for one, slot in ((kept.id, "1"), (kept.id, "2"), (other.id, "3")):
            uow.pulses.put_sealed(Sealed(wave=one, kind=Kind.SCORE, slot=slot, box=b"x"))
        assert uow.pulses.answers(kept.id) == Answers()
        uow.pulses.publish(
            kept.id, Answers(scores=(9, 3, 9), comments=("z", "Ä", "a")), list("fbdaec")
        )
        uow.commit()
    with store.units() as uow:
        assert uow.pulses.answers(kept.id) == Answers(scores=(3, 9, 9), comments=("a", "z", "Ä"))
        assert uow.pulses.answers(other.id) == Answers()
        assert uow.pulses.sealed(kept.id) == ()
        assert len(uow.pulses.sealed(other.id)) == 1
        assert uow.pulses.panel(kept.id) == ("ann", "bob", "cid")
        parts = [uow.pulses.part(kept.id, PersonId(name)) for name in ("ann", "bob", "cid")]
        assert parts == [Part.ANSWERED, Part.OPEN, Part.ANSWERED]


def test_publishing_nothing_is_allowed(store: Storage) -> None:
    """A wave that nobody answered closes like any other."""
    with store.units() as uow:
        kept = launch(uow, "ann")
        uow.pulses.publish(kept.id, Answers(), [])
        assert uow.pulses.answers(kept.id) == Answers()


def test_each_answer_needs_an_id(store: Storage) -> None:
    """Too few ids would drop an answer silently."""
    with store.units() as uow:
        kept = launch(uow, "ann")
        with pytest.raises(ValueError, match="id of its own"):
            uow.pulses.publish(kept.id, Answers(scores=(1, 2)), ["a"])
