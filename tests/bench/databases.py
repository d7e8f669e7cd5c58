"""A fresh, empty database for each side and benchmark, SQLite or PostgreSQL.

PostgreSQL runs with the durability it ships with: the tests' server forgoes it, figures may not.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from secrets import token_hex

import psycopg

from tests.postgres import Postgres, running

SQLITE, POSTGRES = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRES)
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes databases in one folder and on one server."""

    folder: Path
    server: Postgres | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds there are."""
        return KINDS if self.server is not None else (SQLITE,)

    def fresh(self, kind: str) -> str:
        """Make a database and return its address."""
        if kind == SQLITE:
            return f"sqlite:///{self.room()}/bench.db"
        assert self.server is not None, "no PostgreSQL server was started"
        return self.server.url(self.server.create())

    def room(self) -> Path:
        """Make an empty folder."""
        room = self.folder / f"r{next(_numbers)}"
        room.mkdir()
        return room


@contextmanager
def databases() -> Iterator[Databases]:
    """Start the server, and remove everything afterwards."""
    with tempfile.TemporaryDirectory() as folder, running(f"bench-{token_hex(3)}") as server:
        admin = f"host={server.folder} user=postgres dbname=postgres"
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM RESET ALL")
            connection.execute("SELECT pg_reload_conf()")
        yield Databases(Path(folder), server)
