"""What all tests share: a real PostgreSQL, property-test profiles, and no skipped tests."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.no_skips import pytest_collection_modifyitems, pytest_configure
from tests.postgres import Postgres, running
from tests.storage.stores import (
    database,
    database_url,
    fresh_database,
    migrated_file,
    migrated_postgres,
    on_postgres,
    shared_postgres,
    sqlite,
    sqlite_url,
    store,
)
from tests.works_on import Results

__all__ = [
    "database",
    "database_url",
    "fresh_database",
    "migrated_file",
    "migrated_postgres",
    "on_postgres",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "shared_postgres",
    "sqlite",
    "sqlite_url",
    "store",
]

# Settings of whoever runs the tests must not reach the product under test.
for _name in [name for name in os.environ if name.startswith("GROUNDSWELL_")]:
    del os.environ[_name]

# A whole run is repeatable; a run at the desk looks for new examples each time.
settings.register_profile("desk", deadline=None)
settings.register_profile("whole", deadline=None, derandomize=True, database=None, max_examples=30)
settings.load_profile("whole" if {"CI", "EVERY_TEST"} & os.environ.keys() else "desk")


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[Postgres]:
    """Run a real PostgreSQL server for this run's tests; mark them `postgres`."""
    with running(testrun_uid) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """Give the test an empty PostgreSQL database of its own."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew, for a person to review."""
    parser.addoption("--update", action="store_true", help="write golden files anew")
    parser.addoption("--works-on", action="store_true", help="write the README's table anew")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Watch the stories where their table is to be written."""
    worker = hasattr(session.config, "workerinput")
    if session.config.getoption("works_on") and not worker:
        session.config.pluginmanager.register(Results(), "works-on")
