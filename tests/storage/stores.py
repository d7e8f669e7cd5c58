"""Empty stores for tests: the schema is made once and then copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import SQLStorage, Storage, open_storage
from storage.engine import open_database
from tests.postgres import Postgres

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a SQLite file with today's schema."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    made = open_storage(f"sqlite:///{path}")
    made.migrate()
    made.vacuum()
    made.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> Iterator[str]:
    """Make a PostgreSQL database with today's schema."""
    name = postgres.create()
    made = open_storage(postgres.url(name))
    made.migrate()
    made.close()
    yield name
    postgres.drop(name)


@pytest.fixture(scope="session")
def shared_postgres(postgres: Postgres, migrated_postgres: str) -> Iterator[SQLStorage]:
    """Open one PostgreSQL database for all tests of a worker.

    Making a database writes a thousand files; emptying a few tables takes milliseconds.
    """
    name = postgres.create(migrated_postgres)
    opened = SQLStorage(open_database(postgres.url(name)))
    yield opened
    opened.close()
    postgres.drop(name)


@pytest.fixture
def on_postgres(shared_postgres: SQLStorage) -> Iterator[SQLStorage]:
    """Give the test an empty PostgreSQL database."""
    store = SQLStorage(shared_postgres.database)
    yield store
    store.wipe()


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """Give the test an empty SQLite file of its own."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'test.db')}"


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the test an empty database of its own, once of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("migrated_postgres"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def fresh_database(database_url: str) -> Iterator[SQLStorage]:
    """Open a database that nobody used before, so that its numbers begin at 1."""
    opened = SQLStorage(open_database(database_url))
    yield opened
    opened.close()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[SQLStorage]:
    """Open the test's SQLite file."""
    opened = SQLStorage(open_database(sqlite_url))
    yield opened
    opened.close()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> SQLStorage:
    """Open an empty database, once of each kind."""
    name = "sqlite" if request.param == "sqlite" else "on_postgres"
    opened: SQLStorage = request.getfixturevalue(name)
    return opened


@pytest.fixture(params=["memory", *KINDS])
def store(request: pytest.FixtureRequest) -> Storage:
    """Open an empty store, once of each kind."""
    if request.param == "memory":
        return open_storage("memory:")
    name = "sqlite" if request.param == "sqlite" else "on_postgres"
    opened: Storage = request.getfixturevalue(name)
    return opened
