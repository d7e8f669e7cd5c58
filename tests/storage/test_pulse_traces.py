"""After a wave is closed, the whole database in hand tells nobody's answer.

Each of 200 persons gives a score that nobody else gives, in her own transaction. The attacker
knows who came when and tries every order that a database keeps: of keys, of transactions, of
places on disk, of bytes in the file. By chance one link in 200 is right; more than five would be
chance once in 1,000 tries at most (binomial, p = 1/200).
"""

from dataclasses import replace
from pathlib import Path
from random import Random
from secrets import token_bytes, token_hex

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import DateTime

from bot.people.model import Person, PersonId
from bot.pulses.model import Answers, Kind, Part, Sealed, WaveId, WaveState
from storage import SQLStorage
from storage.tables import Instant, metadata
from tests.contracts.examples import wave

ANSWERS = 200
BY_CHANCE = 5
BLIND = ("sealed", "answer", "comment")


def closed_wave(store: SQLStorage, random: Random) -> tuple[list[str], dict[str, int]]:
    """Return who came when, and what each answered."""
    names = [token_hex(16) for _ in range(ANSWERS)]
    with store.units() as uow:
        for name in names:
            uow.people.save(Person(id=PersonId(name)))
        kept = uow.pulses.add(wave(PersonId(names[0])), [PersonId(name) for name in names])
        uow.commit()
    arrival = random.sample(names, ANSWERS)
    scores = dict(zip(arrival, random.sample(range(ANSWERS), ANSWERS), strict=True))
    for name in arrival:
        with store.units() as uow:
            assert uow.pulses.advance(kept.id, PersonId(name), Part.OPEN, Part.ANSWERED)
            box = Sealed(wave=kept.id, kind=Kind.SCORE, slot=token_hex(16), box=token_bytes(64))
            uow.pulses.put_sealed(box)
            uow.commit()
    with store.units() as uow:
        uow.pulses.save(replace(kept, state=WaveState.CLOSED))
        # In the order of arrival, which is worse than what the core hands over.
        found = Answers(scores=tuple(scores.values()))
        uow.pulses.publish(kept.id, found, [token_hex(16) for _ in arrival])
        uow.commit()
    store.vacuum()
    return arrival, scores


def column(store: SQLStorage, statement: str) -> list[str]:
    with store.database.connection() as connection:
        return [str(value) for value in connection.execute(text(statement)).scalars()]


def orders(store: SQLStorage, table: str, value: str) -> dict[str, list[str]]:
    """Return a table's rows in every order that its database keeps."""
    key = "id" if table == "answer" else "person"
    ways = {"as it comes": "", "key": f"ORDER BY {key}"}
    if not store.database.is_sqlite:
        ways |= {
            "ctid": "ORDER BY ctid",
            "xmin": "ORDER BY xmin::text::bigint, ctid",
            "xmax": "ORDER BY xmax::text::bigint DESC, ctid DESC",
        }
    return {name: column(store, f"SELECT {value} FROM {table} {way}") for name, way in ways.items()}  # noqa: S608 - the test's own words


@pytest.mark.parametrize("seed", [1, 2])
def test_no_order_links_answers_to_persons(database: SQLStorage, seed: int) -> None:
    """Neither the order of arrival nor that of participation fits the answers."""
    arrival, scores = closed_wave(database, Random(seed))  # noqa: S311 - a repeatable test
    persons = orders(database, "participation", "person") | {"arrival": arrival}
    answers = orders(database, "answer", "score")
    for who, known in persons.items():
        for what, found in answers.items():
            for direction in (1, -1):
                right = sum(
                    str(scores[name]) == score
                    for name, score in zip(known, found[::direction], strict=True)
                )
                assert right <= BY_CHANCE, (who, what, direction, right)


def test_all_rows_of_a_closed_wave_are_of_one_transaction(database: SQLStorage) -> None:
    """Otherwise its number would pair them."""
    closed_wave(database, Random(3))  # noqa: S311
    if database.database.is_sqlite:
        return
    written = {
        number
        for table in ("participation", "answer")
        for number in column(database, f"SELECT DISTINCT xmin::text FROM {table}")  # noqa: S608
    }
    assert len(written) == 1


def test_bytes_of_the_file_tell_nothing(sqlite: SQLStorage, sqlite_url: str) -> None:
    """Rows lie in the order of their random keys; boxes and older pages are gone."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with sqlite.units() as uow:
        uow.people.save(Person(id=PersonId("ann")))
        kept = uow.pulses.add(wave(PersonId("ann")), [PersonId("ann")])
        uow.pulses.put_sealed(
            Sealed(wave=kept.id, kind=Kind.SCORE, slot="s", box=b"the box of nobody" * 20)
        )
        uow.commit()
    arrival, scores = closed_wave(sqlite, Random(4))  # noqa: S311
    with sqlite.units() as uow:
        uow.pulses.publish(WaveId(kept.id), Answers(comments=("canary",)), ["c"])
        uow.commit()
    sqlite.vacuum()
    content = path.read_bytes()
    assert path.with_name(f"{path.name}-wal").stat().st_size == 0
    assert b"the box of nobody" not in content
    assert content.count(b"canary") == 1
    with sqlite.database.connection() as connection:
        rows = connection.execute(text("SELECT id, score FROM answer")).all()
    on_disk = sorted(rows, key=lambda row: content.rindex(row.id.encode()))
    right = sum(scores[name] == row.score for name, row in zip(arrival, on_disk, strict=True))
    assert right <= BY_CHANCE


def test_blind_tables_know_no_person_and_no_time() -> None:
    """In the model, for ever."""
    for name in BLIND:
        table = metadata.tables[name]
        assert not table.foreign_keys
        assert not {"person", "by", "account", "at"} & set(table.columns.keys())
        assert not [one for one in table.columns if isinstance(one.type, Instant | DateTime)]
    kinds = [type(one.type) for one in metadata.tables["participation"].columns]
    assert Instant not in kinds


def test_blind_tables_have_no_row_number(sqlite: SQLStorage) -> None:
    """SQLite would keep the order of arrival beside the key."""
    for table in (*BLIND, "participation"):
        with sqlite.database.engine.connect() as connection:
            assert inspect(connection).has_table(table)
            with pytest.raises(OperationalError, match="no such column: rowid"):
                connection.execute(text(f"SELECT rowid FROM {table}"))  # noqa: S608
