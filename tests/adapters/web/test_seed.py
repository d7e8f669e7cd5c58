"""The fictional organisation and its history."""

import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from adapters.ai.offline import OfflineUnderstanding
from adapters.sealing import FileSealer
from adapters.voice import voice
from adapters.web import directory, parse, seed, stories
from bot.announcements.model import AnnouncementId, AnnouncementState
from bot.needs.model import NeedId, NeedState
from bot.ports import ChatLine, Tools
from bot.pulses.model import WaveState
from storage.memory import MemoryStorage
from tests.adapters.web.house import NOON


def tools(folder: Path) -> Tools:
    numbers = iter(range(10**6))
    return Tools(
        voice=voice,
        understanding=OfflineUnderstanding(),
        sealer=FileSealer(folder / "keys"),
        new_id=lambda: f"{next(numbers):032x}",
        shuffle=lambda items: items.sort(),
    )


def history(folder: Path) -> list[ChatLine]:
    store = MemoryStorage()
    seed.seed(store.units, tools(folder), NOON)
    with store.units() as uow:
        return [line for n in range(1, 999) if (line := uow.chat.get(n))]


def test_three_months_pass_in_a_moment(tmp_path: Path) -> None:
    """Needs, announcements and pulses are stored as if they had happened."""
    store = MemoryStorage()
    began = time.perf_counter()
    assert seed.seed_if_empty(store.units, tools(tmp_path), NOON)
    assert time.perf_counter() - began < 2
    assert not seed.seed_if_empty(store.units, tools(tmp_path), NOON)
    with store.units() as uow:
        everybody = directory.read(uow)
        needs = [one for n in range(1, 99) if (one := uow.needs.get(NeedId(n)))]
        waves = uow.pulses.waves(WaveState.CLOSED)
        sent = [told for n in (1, 2, 3) if (told := uow.announcements.get(AnnouncementId(n)))]
        assert uow.outbox.next_due() is None
        assert [len(uow.pulses.answers(wave.id).scores) for wave in waves] == [32, 28]
        assert all(uow.pulses.sealed(wave.id) == () for wave in waves)
        assert uow.pulses.waves(WaveState.OPEN) == ()
    assert Counter(one.department for one in everybody.people.values()) == dict.fromkeys(
        ("Finance", "IT", "Production", "Sales"), 10
    )
    roles = Counter(one.role for one in everybody.people.values())
    assert roles == {"CIO": 1, "Department head": 4, "Champion": 5, "Employee": 30}
    assert list(everybody.rooms) == ["general", "it-help", "finance", "it", "production", "sales"]
    assert len(needs) == len(stories.WISHES)
    assert Counter(one.state for one in needs) == {
        NeedState.ACKNOWLEDGED: len(needs) - 1,
        NeedState.WITHDRAWN: 1,
    }
    assert all(NOON - timedelta(days=95) < one.asked_at < NOON for one in needs)
    assert all(one.asked_at.weekday() < 5 for one in needs)
    assert [(told.planned, told.state) for told in sent] == [(40, AnnouncementState.DONE)] * 3
    assert list((tmp_path / "keys").iterdir()) == [], "the keys of closed pulses are destroyed"


def test_the_same_history_every_time(tmp_path: Path) -> None:
    """Words, cards and times are the same; it reads in order of time."""
    first, again = history(tmp_path / "a"), history(tmp_path / "b")
    assert first == again
    by_place: dict[str, list[ChatLine]] = {}
    for line in first:
        by_place.setdefault(line.conversation, []).append(line)
    for lines in by_place.values():
        assert [line.said_at for line in lines] == sorted(line.said_at for line in lines)


def test_everybody_who_speaks_works_there() -> None:
    """And speaks in channels that exist."""
    names = {one.name for one in stories.PEOPLE}
    assert len(names) == len(stories.PEOPLE) == 40
    assert {one.by for one in stories.WISHES} <= names
    assert {one.by for one in stories.REMARKS} <= names
    assert {one.channel for one in stories.REMARKS} <= set(stories.CHANNELS)
    assert all(parse.person_of(parse.account_id(name)) == name for name in names)
