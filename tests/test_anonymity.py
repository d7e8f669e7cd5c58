"""Attacks on anonymous answers with the whole database, its files and the logs in hand.

Every person's comment is a canary of her own. An attack is an ordering of a table that names
persons, joined row by row with an ordering of the table of comments. By chance one link of N is
right; the bound is the 99.9 % quantile of Binomial(N, 1/N).
"""

import random
import string
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from scipy.stats import binom
from sqlalchemy import inspect, text

from adapters import plain
from adapters.ai.offline import OfflineUnderstanding
from adapters.sealing import FileSealer
from adapters.voice import voice
from bot.actions import Action
from bot.conversation import hear
from bot.heard import AccountId, ChannelId, Heard, Pressed, Submitted
from bot.messages import Answer
from bot.people.model import Account, Person, PersonId, Role
from bot.ports import Tools
from bot.pulses import handlers
from bot.pulses.model import WaveId
from storage import SQLStorage

N = 200
BOUND = int(binom.ppf(0.999, N, 1 / N))
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
WAVE = WaveId(1)
PULSE_TABLES = ("sealed", "answer", "comment")


@dataclass
class Survey:
    """A wave over N people with real sealing, on a real database."""

    store: SQLStorage
    keys: Path

    def __post_init__(self) -> None:
        dice = random.Random(str(self.keys))  # noqa: S311 - canaries of one test are no other test's
        system = random.SystemRandom()
        self.sealer = FileSealer(self.keys)
        self.tools = Tools(
            voice=voice,
            understanding=OfflineUnderstanding(),
            sealer=self.sealer,
            new_id=lambda: f"{system.getrandbits(128):032x}",
            shuffle=system.shuffle,
        )
        names = [f"{dice.getrandbits(128):032x}" for _ in range(N)]
        self.people = dict(
            zip(
                names,
                ("".join(dice.choices(string.ascii_lowercase, k=14)) for _ in names),
                strict=True,
            )
        )
        self.order = list(self.people)
        dice.shuffle(self.order)
        with self.store.units() as uow:
            for number, name in enumerate(names):
                account = account_of(name)
                roles = frozenset({Role.CIO}) if number == 0 else frozenset()
                person = Person(id=PersonId(name), roles=roles, preferred=account)
                uow.people.save(person)
                uow.people.save_account(Account(id=account, person=person.id, known=True))
            uow.commit()
        self.cio = names[0]
        values = {"question": ("How?",), "channel": ("-",), "days": ("7",)}
        self.submit(self.cio, Action.PULSE_LAUNCH, "", values, key="launch")

    def hear(self, event: Heard) -> Answer:
        with self.store.units() as uow:
            answer = hear(uow, event, self.tools, NOW)
            uow.commit()
            return answer

    def press(self, name: str, score: int, key: str = "k") -> Answer:
        return self.hear(
            Pressed(
                key=key,
                account=account_of(name),
                place=ChannelId(f"web:demo:dm-{name}"),
                private=True,
                action=Action.PULSE_ANSWER,
                argument="1",
                values={"score": (str(score),)},
            )
        )

    def submit(
        self,
        name: str,
        action: str,
        argument: str,
        values: Mapping[str, tuple[str, ...]],
        key: str = "k",
    ) -> Answer:
        return self.hear(
            Submitted(
                key=key,
                account=account_of(name),
                place=ChannelId(f"web:demo:dm-{name}"),
                private=True,
                action=action,
                argument=argument,
                values=values,
            )
        )

    def answer_all(self) -> None:
        """Everybody taps and comments, in an order that the attacker is told."""
        for number, name in enumerate(self.order):
            self.press(name, number % 11)
            words = (self.people[name],)
            self.submit(name, Action.PULSE_COMMENTED, "1", {"comment": words})

    def close(self) -> None:
        """Do what the clock does."""
        with self.store.units() as uow:
            wave = uow.pulses.get(WAVE)
            assert wave is not None
            uow.pulses.save(replace(wave, state="closing"))  # type: ignore[arg-type]
            uow.commit()
        with self.store.units() as uow:
            boxes, known, answered = handlers.boxes_of(uow, wave)
            answers = handlers.opened(boxes, known, answered, wave, self.tools)
            handlers.publish(uow, WAVE, answers, self.tools)
            uow.commit()
        self.store.vacuum()
        self.sealer.destroy(wave.public_key)
        with self.store.units() as uow:
            handlers.show_results(uow, wave, self.tools)
            handlers.finish(uow, WAVE, self.tools)
            uow.commit()

    def orders(self, table: str, wanted: str) -> Iterator[tuple[str, list[str]]]:
        """Give a column of a table in every order that the database can be made to show."""
        engine = self.store.database.engine
        columns = [column["name"] for column in inspect(engine).get_columns(table)]
        hidden = ["ctid", "xmin::text::bigint"] if engine.dialect.name == "postgresql" else []
        with engine.connect() as connection:
            if not hidden:
                made = connection.execute(
                    text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table}
                ).scalar_one()
                hidden = [] if "WITHOUT ROWID" in made.upper() else ["rowid"]
            for order in [None, *columns, *hidden]:
                by = f" ORDER BY {order}" if order else ""
                rows = connection.execute(text(f"SELECT {wanted} FROM {table}{by}"))  # noqa: S608 - names of our own tables
                yield f"{table} by {order or 'scan'}", [str(row[0]) for row in rows]


def account_of(name: str) -> AccountId:
    return AccountId(f"web:demo:{name}")


@pytest.fixture
def survey(fresh_database: SQLStorage, tmp_path: Path) -> Survey:
    return Survey(fresh_database, tmp_path / "keys")


def test_no_order_of_any_table_links_people_and_comments_after_the_close(survey: Survey) -> None:
    """With every column, the hidden ones and the true order of answering: chance level."""
    survey.answer_all()
    survey.close()
    people = [("order of answering", survey.order)]
    for table, column in (
        ("participation", "person"),
        ("person", "id"),
        ("account", "person"),
    ):
        people += survey.orders(table, column)
    comments = list(survey.orders("comment", "words"))
    assert len(comments) >= 3
    for (how, persons), (where, words) in product(people, comments):
        assert len(persons) == len(words) == N
        links = sum(survey.people[p] == w for p, w in zip(persons, words, strict=True))
        assert links <= BOUND, f"{how} with {where} links {links} of {N}"


def test_nothing_readable_is_on_disk_while_the_wave_is_open(survey: Survey) -> None:
    """Neither rows nor files nor write-ahead logs hold one comment in clear."""
    survey.answer_all()
    folder = files_of(survey)
    assert seen_on_disk(folder, survey.people) == set(survey.people)
    assert seen_on_disk(folder, survey.people.values()) == set()


def test_after_the_close_only_the_comments_table_has_the_words_and_the_key_is_gone(
    survey: Survey, tmp_path: Path
) -> None:
    """The boxes are deleted, the private key destroyed, and no other table has a copy."""
    survey.answer_all()
    survey.close()
    assert list((tmp_path / "keys").iterdir()) == []
    engine = survey.store.database.engine
    canary = survey.people[survey.order[5]]
    holding = set()
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            rows = connection.execute(text(f"SELECT * FROM {table}")).fetchall()  # noqa: S608 - names of our own tables
            if canary in str(rows):
                holding.add(table)
        assert connection.execute(text("SELECT count(*) FROM sealed")).scalar_one() == 0
    # The launcher's results card quotes the comments; it names nobody and is one row for all.
    assert holding <= {"comment", "content"}


def test_an_answer_adds_rows_to_two_tables_only(survey: Survey) -> None:
    """No key, no outgoing row, no log of the event: participation changes, a box is added."""
    before = counts(survey)
    survey.press(survey.order[0], 7)
    after = counts(survey)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "sealed": 1
    }


def test_fifty_presses_at_once_are_one_answer(survey: Survey) -> None:
    """Impatience, four redeliveries, two workers."""
    name = survey.order[0]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: survey.press(name, n % 11, key=f"k{n % 5}"), range(50)))
    assert counts(survey)["sealed"] == 1
    assert len({plain.render(a.card) for a in answers if a.card is not None}) == 1


def test_a_crash_before_the_commit_leaves_neither_row_nor_box(survey: Survey) -> None:
    """Participation and box are one transaction."""
    name = survey.order[0]
    event = Pressed(
        key="k",
        account=account_of(name),
        place=ChannelId("web:demo:x"),
        private=True,
        action=Action.PULSE_ANSWER,
        argument="1",
        values={"score": ("3",)},
    )
    with survey.store.units() as uow:
        hear(uow, event, survey.tools, NOW)
    assert counts(survey)["sealed"] == 0
    with survey.store.units() as uow:
        assert uow.pulses.answered(WAVE) == 0


def test_the_reply_is_the_same_for_every_score(survey: Survey) -> None:
    """Byte for byte, so that no log of replies tells an answer."""
    replies = {str(survey.press(name, n % 11)) for n, name in enumerate(survey.order[:11])}
    assert len(replies) == 1


def test_boxes_have_one_length_and_no_two_are_alike(survey: Survey) -> None:
    """A box does not tell a score from a comment, nor one score from another."""
    survey.answer_all()
    with survey.store.units() as uow:
        boxes = [sealed.box for sealed in uow.pulses.sealed(WAVE)]
    assert len({len(box) for box in boxes}) == 1
    assert len(set(boxes)) == 2 * N


def test_the_tables_of_answers_know_neither_person_nor_time(fresh_database: SQLStorage) -> None:
    """No foreign key and no column that could hold either."""
    found = inspect(fresh_database.database.engine)
    for table in PULSE_TABLES:
        assert found.get_foreign_keys(table) == []
        for column in found.get_columns(table):
            name = column["name"]
            kind = str(column["type"]).upper()
            assert not {"person", "account", "at", "time"} & set(name.split("_"))
            assert "TIME" not in kind
            assert "DATE" not in kind
    times = [c for c in found.get_columns("participation") if "TIME" in str(c["type"]).upper()]
    assert times == []


def counts(survey: Survey) -> dict[str, int]:
    engine = survey.store.database.engine
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - names of our own tables
            for table in inspect(engine).get_table_names()
        }


def files_of(survey: Survey) -> Path:
    """Return the folder of all the database's files, with everything written to them."""
    engine = survey.store.database.engine
    if engine.dialect.name != "postgresql":
        return Path(str(engine.url.database)).parent
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        return Path(connection.execute(text("SHOW data_directory")).scalar_one())


def seen_on_disk(folder: Path, canaries: Iterable[str]) -> set[str]:
    """Return the canaries that occur in any file below a folder."""
    data = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    return {canary for canary in canaries if canary.encode() in data}


def test_a_newcomers_presses_at_once_are_one_person_and_one_answer(survey: Survey) -> None:
    """Somebody unknown in the channel, impatient or sent again: one person, one box."""
    place = ChannelId("web:demo:general")
    with survey.store.units() as uow:
        wave = uow.pulses.get(WAVE)
        assert wave is not None
        uow.pulses.save(replace(wave, channel=place))
        uow.commit()
    before = counts(survey)
    event = Pressed(
        key="k",
        account=AccountId("web:demo:newcomer"),
        place=place,
        private=False,
        action=Action.PULSE_ANSWER,
        argument="1",
        values={"score": ("3",)},
    )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: survey.hear(event), range(8)))
    after = counts(survey)
    assert {n: after[n] - before[n] for n in ("person", "sealed", "participation")} == {
        "person": 1,
        "sealed": 1,
        "participation": 1,
    }
