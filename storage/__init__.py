"""What the bot remembers: SQLite, PostgreSQL or this process's memory behind one contract.

Read ``tables.py`` first, then ``engine.py`` (how transactions begin, wait and fail), then one
repository; all are alike but ``outbox.py``. ``memory.py`` does the same without a database.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sqlalchemy import text

from bot.ports import UnitOfWork
from storage.engine import LIMITS, Database, FileDoor, InUse, Limits, Refused, Work, open_database
from storage.memory import MemoryStorage
from storage.schema import MIGRATIONS, SchemaProblem, problem, upgrade
from storage.tables import metadata
from storage.units import SQLUnitOfWork

__all__ = ["InUse", "Limits", "Refused", "SQLStorage", "SchemaProblem", "Storage", "open_storage"]

MEMORY = "memory:"
PULSE_TABLES = ("participation", "sealed", "answer", "comment")


class Storage(Protocol):
    """An open database."""

    on_commit: Callable[[], None]
    """Called after each commit that queued outgoing rows, in the committing thread.

    It must be quick and must not raise: what was committed stays committed.
    """

    def units(self) -> UnitOfWork:
        """Return a new unit of work; this method is a ``bot.ports.UnitsOfWork``."""
        ...

    def check(self) -> None:
        """Raise ``SchemaProblem`` if this version cannot work with the database."""
        ...

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema up to a revision; raise ``SchemaProblem`` where that cannot help."""
        ...

    def ping(self) -> None:
        """Raise ``bot.ports.Unavailable`` if nothing could be stored now."""
        ...

    def vacuum(self) -> None:
        """Overwrite what was deleted from the tables of the pulses."""
        ...

    def wipe(self) -> None:
        """Delete every row; only the demo does this."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class SQLStorage:
    """Implements ``Storage`` on SQLite and PostgreSQL."""

    def __init__(self, database: Database, migrations: Path = MIGRATIONS) -> None:
        self.database = database
        self._migrations = migrations
        self.on_commit: Callable[[], None] = _nobody

    def units(self) -> UnitOfWork:
        """Return a new unit of work."""
        return SQLUnitOfWork(self.database, self._queued)

    def check(self) -> None:
        """Raise ``SchemaProblem`` if this version cannot work with the database."""
        with self.database.connection() as connection:
            found = problem(connection, self._migrations)
        if found:
            raise found

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema up to a revision."""
        upgrade(self.database, revision, self._migrations)

    def ping(self) -> None:
        """Ask the database for a transaction, and the disk for room."""
        with self.database.connection() as connection, connection.begin():
            connection.execute(text("SELECT 1"))
        if isinstance(self.database.door, FileDoor):
            self.database.door.room()

    def vacuum(self) -> None:
        """Overwrite what was deleted: rewrite the file, or the four tables with their indexes."""
        if self.database.is_sqlite:
            self.database.outside("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            self.database.outside(*(f"VACUUM FULL {table}" for table in PULSE_TABLES))

    def wipe(self) -> None:
        """Delete every row, in one transaction."""
        work = Work(self.database, _nobody)
        try:
            for table in reversed(metadata.sorted_tables):
                work.run(table.delete())
            work.commit()
        finally:
            work.rollback()

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def _queued(self) -> None:
        self.on_commit()


def open_storage(url: str, limits: Limits = LIMITS) -> Storage:
    """Open ``sqlite:///path``, ``postgresql://…`` or ``memory:``.

    Raises ``InUse`` if another process has the SQLite file. Nothing is read yet: ``check`` says
    whether the schema is right, ``migrate`` makes it so.
    """
    return MemoryStorage(limits) if url == MEMORY else SQLStorage(open_database(url, limits))


def _nobody() -> None:
    """Tell nobody."""
