"""Needs and their history."""

from dataclasses import replace

from bot.needs.model import NeedId, NeedState
from storage import Storage
from tests.contracts.examples import change, need, person


def test_a_need_comes_back_with_a_number(store: Storage) -> None:
    """Numbers rise, and every field survives."""
    with store.units() as uow:
        ann = person(uow, "ann")
        first = uow.needs.add(need(ann, "one", "d1"))
        second = uow.needs.add(need(ann, "two 🌻", "d2"))
        assert 0 < first.id < second.id
        assert second == replace(need(ann, "two 🌻", "d2"), id=second.id)
        assert uow.needs.get(second.id) == second
        assert uow.needs.get(NeedId(999)) is None


def test_found_by_its_draft(store: Storage) -> None:
    """A draft sent again finds the need it became."""
    with store.units() as uow:
        kept = uow.needs.add(need(person(uow, "ann"), draft="d7"))
        assert uow.needs.by_draft("d7") == kept
        assert uow.needs.by_draft("d8") is None


def test_a_persons_needs_are_newest_first(store: Storage) -> None:
    """Others' needs are not among them, and the limit holds."""
    with store.units() as uow:
        ann, bob = person(uow, "ann"), person(uow, "bob")
        numbers = [
            uow.needs.add(need(who, draft=str(i))).id for i, who in enumerate([ann, bob] * 3)
        ]
        assert [one.id for one in uow.needs.of(ann)] == [numbers[4], numbers[2], numbers[0]]
        assert [one.id for one in uow.needs.of(ann, limit=1)] == [numbers[4]]


def test_a_change_is_stored_with_its_line_of_history(store: Storage) -> None:
    """History is oldest first, its own need's alone, and the words never change."""
    with store.units() as uow:
        ann, cio = person(uow, "ann"), person(uow, "cio")
        asked = uow.needs.add(need(ann))
        other = uow.needs.add(need(ann, draft="d2"))
        steps = []
        for state in (NeedState.ACKNOWLEDGED, NeedState.WITHDRAWN):
            step = change(asked, cio, state, reason="because 🌻")
            asked = replace(asked, state=state)
            uow.needs.save(asked, step)
            steps.append(step)
        uow.needs.save(other, replace(change(other, ann, NeedState.SUBMITTED), before=None))
        assert uow.needs.history(asked.id) == tuple(steps)
        assert uow.needs.history(other.id)[0].before is None
        assert uow.needs.get(asked.id) == asked
