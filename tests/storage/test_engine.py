"""Writers in their turn, one process per file, and errors that say nothing of people's words."""

import contextlib
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from bot.heard import AccountId
from bot.people.model import Account, Person, PersonId
from bot.ports import Unavailable
from storage import InUse, Limits, Refused, SQLStorage, open_storage
from storage.engine import TicketLock, open_database
from tests.contracts.examples import NOW, announcement, card, need, notice, person
from tests.postgres import Postgres

SECRET = "I am afraid of my manager"


def wait_until_waiting(lock: TicketLock, number: int) -> None:
    """Yield to the other threads until that many stand in the queue."""
    while lock.waiting < number:
        os.sched_yield()


def test_turns_come_in_order() -> None:
    """Whoever came first is served first, always."""
    lock, order = TicketLock(), []

    def take(number: int) -> None:
        assert lock.acquire(10)
        order.append(number)
        lock.release()

    assert lock.acquire(10)
    with ThreadPoolExecutor(8) as pool:
        for number in range(8):
            pool.submit(take, number)
            wait_until_waiting(lock, number + 1)
        lock.release()
    assert order == list(range(8))


def test_a_turn_that_does_not_come_in_time() -> None:
    """Who gave up leaves the queue, so that nobody waits behind them."""
    lock = TicketLock()
    assert lock.acquire(1)
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(lock.acquire, 0.01).result()
        assert lock.waiting == 0
        lock.release()
        assert pool.submit(lock.acquire, 1).result()


def test_a_second_unit_in_one_thread_is_a_fault(sqlite: SQLStorage) -> None:
    """It would wait for itself for ever."""
    with sqlite.units() as outer:
        person(outer, "ann")
        with sqlite.units() as inner, pytest.raises(RuntimeError, match="wait for itself"):
            person(inner, "bob")
        outer.commit()
    with sqlite.units() as uow:
        assert uow.people.count() == 1


def test_sqlite_is_set_up_to_survive(sqlite: SQLStorage) -> None:
    """WAL, a flush at each commit, foreign keys, and for its owner alone."""
    with sqlite.database.connection() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_a_new_file_is_its_owners(tmp_path: Path) -> None:
    """Its folder is made, and nobody else may read what people say."""
    path = tmp_path / "data" / "new.db"
    open_storage(f"sqlite:///{path}").close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_process_is_refused(sqlite: SQLStorage, sqlite_url: str) -> None:
    """The lock is the file's, so that another opening in this process is refused alike."""
    with pytest.raises(InUse, match=r"another process uses .*test\.db; stop it first"):
        open_storage(sqlite_url)
    sqlite.close()
    open_storage(sqlite_url).close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """The reason is the operating system's, and names the file."""
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=r"file/x\.db: "):
        open_storage(f"sqlite:///{tmp_path / 'file' / 'x.db'}")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_sqlite_without_file_is_refused(url: str) -> None:
    """Each connection would have a database of its own."""
    with pytest.raises(ValueError, match="memory:"):
        open_storage(url)


def test_another_program_that_holds_the_file(sqlite: SQLStorage, sqlite_url: str) -> None:
    """We wait, then say so; nothing is half-stored and the next unit works."""
    path = sqlite_url.removeprefix("sqlite:///")
    with sqlite.database.connection() as connection:
        connection.connection.driver_connection.execute("PRAGMA busy_timeout=10").close()  # type: ignore[union-attr]
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with sqlite.units() as uow:
            with pytest.raises(Unavailable, match="database is locked"):
                person(uow, "ann")
            with pytest.raises(Unavailable, match="nothing was stored"):
                person(uow, "bob")
            with pytest.raises(Unavailable, match="nothing was stored"):
                uow.commit()
        with pytest.raises(Unavailable, match="locked"):
            sqlite.ping()
        with pytest.raises(Unavailable, match="locked"):
            sqlite.vacuum()
        other.execute("ROLLBACK")
    with sqlite.units() as uow:
        assert uow.people.count() == 0
    sqlite.ping()


def test_a_full_disk(sqlite: SQLStorage) -> None:
    """The first half of a unit does not stay when its second finds no room."""
    with sqlite.database.connection() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        (pages,) = driver.execute("PRAGMA page_count").fetchone()
        driver.execute(f"PRAGMA max_page_count={pages + 2}").close()
    with sqlite.units() as uow:
        assert uow.handled.claim("k", NOW)
        ann = person(uow, "ann")
        with pytest.raises(Unavailable, match="full"):
            uow.needs.add(need(ann, "x" * 100_000))
        with pytest.raises(Unavailable, match="nothing was stored"):
            uow.commit()
    with sqlite.units() as uow:
        assert uow.people.count() == 0
        assert uow.handled.claim("k", NOW)


def test_readiness_tells_of_a_disk_that_fills(sqlite_url: str) -> None:
    """Before a commit fails."""
    store = open_storage(sqlite_url, Limits(free_bytes=1 << 62))  # no disk is that large
    with pytest.raises(Unavailable, match="is full"):
        store.ping()
    store.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_gone(sqlite: SQLStorage, sqlite_url: str, *, replaced: bool) -> None:
    """SQLite would go on writing into what nobody can open any more."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.rename(path.with_suffix(".old"))
    if replaced:
        path.touch()
    with sqlite.units() as uow, pytest.raises(Unavailable, match="moved or deleted"):
        person(uow, "ann")
    with pytest.raises(Unavailable, match="moved or deleted"):
        sqlite.ping()


def test_a_busy_queue_ends(sqlite_url: str) -> None:
    """Who waits too long is told to try again, and the queue goes on."""
    store = open_storage(sqlite_url, Limits(busy_seconds=0.01))
    begun, end = threading.Event(), threading.Event()

    def hold() -> None:
        with store.units() as uow:
            person(uow, "ann")
            begun.set()
            end.wait()
            uow.commit()

    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(hold)
        begun.wait()
        with store.units() as uow, pytest.raises(Unavailable, match="busy"):
            uow.people.count()
        end.set()
        task.result()
    with store.units() as uow:
        assert uow.people.count() == 1
    store.close()


def test_moments_need_a_zone(database: SQLStorage) -> None:
    """A naive one is refused before it reaches the database."""
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what is refused
    with database.units() as uow, pytest.raises(Exception, match="needs its zone"):
        uow.handled.claim("k", naive)


def test_refusals_do_not_quote(database: SQLStorage) -> None:
    """A broken rule of the schema names the statement, never the words."""
    with database.units() as uow:
        with pytest.raises(Refused) as caught:
            uow.needs.add(need(PersonId("nobody"), SECRET))
        uow.rollback()
        ann = person(uow, "ann")
        uow.needs.add(need(ann, SECRET))
    assert SECRET not in str(caught.value)
    assert "INSERT INTO need" in str(caught.value)
    assert caught.value.__suppress_context__


def test_logs_do_not_quote(database: SQLStorage, caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the lowest level."""
    caplog.set_level("DEBUG")
    with database.units() as uow:
        ann = person(uow, SECRET)
        uow.needs.add(need(ann, SECRET))
        uow.announcements.add(announcement(ann, SECRET))
        uow.outbox.put(notice("ann", SECRET, words=SECRET))
        uow.chat.save_home(AccountId("web:d:a"), card(SECRET))
        uow.commit()
    assert SECRET not in caplog.text


def test_a_word_of_another_version_is_an_error_not_a_role(database: SQLStorage) -> None:
    """Rights that this version does not know grant nothing."""
    with database.units() as uow:
        uow.people.save(Person(id=PersonId("ann")))
        uow.commit()
    with database.database.connection() as connection, connection.begin():
        connection.execute(text("UPDATE person SET roles = ' emperor cio '"))
    with database.units() as uow:
        found = uow.people.get(PersonId("ann"))
    assert found is not None
    assert found.roles == {"cio"}


def test_a_card_of_another_version_stops_no_other(database: SQLStorage) -> None:
    """Its row fails with a reason; what was to change it is dropped."""
    with database.units() as uow:
        uow.outbox.put(notice("ann", "1", words="new part"), notice("bob", "2"))
        uow.commit()
    with database.database.connection() as connection, connection.begin():
        changed = connection.execute(
            text("UPDATE content SET card = :card WHERE card LIKE '%new part%'"),
            {"card": '{"is":"Hologram"}'},
        )
        assert changed.rowcount == 1
    with database.units() as uow:
        items = uow.outbox.claim(owner="o", now=NOW, lease_until=NOW, limit=10, lanes=["slack"])
        assert [getattr(item.to, "account", "") for item in items] == ["slack:T1:bob"]
        assert uow.outbox.state("1") == "failed"


def disconnect(postgres: Postgres, name: str) -> None:
    """End all connections to a database, as a restart of the server does."""
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(f"host={postgres.folder} user=postgres dbname=postgres") as admin:
        admin.execute(end, [name])


@pytest.mark.postgres
def test_a_server_that_is_gone(postgres: Postgres, migrated_postgres: str) -> None:
    """Connections that broke are Unavailable, and the next unit gets a new one."""
    name = postgres.create(migrated_postgres)
    store = SQLStorage(open_database(postgres.url(name)))
    try:
        with store.units() as uow:
            person(uow, "ann")
            disconnect(postgres, name)
            with pytest.raises(Unavailable):
                uow.people.count()
        with store.units() as uow:
            assert uow.people.count() == 0
            person(uow, "ann")
            disconnect(postgres, name)
            with pytest.raises(Unavailable):
                uow.commit()
        with store.units() as uow:
            assert uow.people.count() == 0
    finally:
        store.close()
        postgres.drop(name)


@pytest.mark.postgres
def test_all_connections_in_use(postgres: Postgres, migrated_postgres: str) -> None:
    """Who finds none in time is told to try again."""
    name = postgres.create(migrated_postgres)
    store = open_storage(postgres.url(name), Limits(busy_seconds=1.0, pool_size=1))
    with store.units() as one, store.units() as two, store.units() as three:
        one.lock("a")
        two.lock("b")
        with pytest.raises(Unavailable, match="in use"):
            three.people.count()
    store.close()
    postgres.drop(name)


@pytest.mark.postgres
def test_a_wait_for_a_lock_ends(on_postgres: SQLStorage) -> None:
    """As soon as the wait for one's turn does on SQLite."""
    with on_postgres.database.connection() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "5s"


@pytest.mark.postgres
def test_a_server_that_is_not_there(postgres: Postgres) -> None:
    """Refused connections are Unavailable too."""
    store = open_storage(postgres.url("no_such_database"))
    with pytest.raises(Unavailable, match="no_such_database"):
        store.ping()
    with store.units() as uow, pytest.raises(Unavailable):
        uow.people.count()
    store.close()


@pytest.mark.postgres
def test_plain_addresses_of_postgresql(postgres: Postgres, migrated_postgres: str) -> None:
    """What hosts hand out begins with postgresql:// and means our driver; options stay."""
    name = postgres.create(migrated_postgres)
    url = postgres.url(name).replace("+psycopg", "") + "&options=-c%20lock_timeout%3D7s"
    store = SQLStorage(open_database(url))
    with store.database.connection() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "7s"
    store.close()
    postgres.drop(name)


def test_an_account_needs_its_person(database: SQLStorage) -> None:
    """The databases refuse what memory refuses too."""
    orphan = Account(id=AccountId("slack:T1:x"), person=PersonId("nobody"))
    with database.units() as uow, pytest.raises(Refused):
        uow.people.save_account(orphan)
    with open_storage("memory:").units() as uow, pytest.raises(Refused):
        uow.people.save_account(orphan)
