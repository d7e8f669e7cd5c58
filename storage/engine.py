"""Databases, their transactions and what goes wrong with them.

SQLite takes one writer at a time and neither its busy handler nor ``threading.Lock`` is fair, so
threads of this process queue by ticket before they ask the database. Each unit of work holds its
place in ``Work``, the only door to the database: what the database cannot do is turned into
``Unavailable`` there and nowhere else.
"""

import os
import shutil
import sqlite3
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import Field, dataclass, field, fields
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol, TypeVar

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy import exc as failures
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.sql import Executable, Select

from bot.ports import Unavailable

T = TypeVar("T")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """When storage gives up; a test that needs such an end has it sooner."""

    busy_seconds: float = 5.0
    """How long one waits for others; Slack and Teams give a request three to fifteen seconds."""
    free_bytes: int = 10_000_000
    """Below this much free disk SQLite may fail at any commit, so readiness says so before."""
    pool_size: int = 10
    """How many connections to PostgreSQL are kept; a rush may open as many again."""


LIMITS = Limits()


class Record(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class InUse(Unavailable):
    """Another process has this SQLite file open; two would overtake each other's writers."""


class Refused(Exception):  # noqa: N818 - named as the fact it states
    """The database refused a statement: a rule of the schema is broken. It carries no values."""


class TicketLock:
    """Let threads through one at a time, in the order in which they came."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[tuple[threading.Event, int]] = deque()
        self._holder: int | None = None

    def acquire(self, seconds: float) -> bool:
        """Wait for one's turn; False if it did not come in time."""
        thread = threading.get_ident()
        ticket = threading.Event()
        with self._guard:
            if self._holder == thread:
                raise RuntimeError("this thread has a unit of work open; it would wait for itself")
            if self._holder is None:
                self._holder = thread
                return True
            self._waiting.append((ticket, thread))
        if ticket.wait(seconds):
            return True
        with self._guard:
            if ticket.is_set():  # the turn came between the timeout and here
                return True
            self._waiting.remove((ticket, thread))
        return False

    def release(self) -> None:
        """Give the turn to whoever has waited longest."""
        with self._guard:
            self._holder = None
            if self._waiting:
                ticket, self._holder = self._waiting.popleft()
                ticket.set()

    @property
    def waiting(self) -> int:
        """Return how many threads wait."""
        return len(self._waiting)


class Door(Protocol):
    """What stands before a transaction on one kind of database."""

    def enter(self) -> None: ...  # noqa: D102 - the names say all
    def leave(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class OpenDoor:
    """PostgreSQL queues writers by itself."""

    def enter(self) -> None:
        """Let everyone in."""

    def leave(self) -> None:
        """Nothing was taken."""

    def close(self) -> None:
        """Nothing is held."""


class FileDoor:
    """One writer at a time, one process per file, and the file must still be there."""

    def __init__(self, path: Path, limits: Limits = LIMITS) -> None:
        self._path = path
        self._limits = limits
        self._turn = TicketLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # people's words: for the owner alone
            self._lock = _lock_file(path.with_name(f"{path.name}.lock"))
            self._identity = _identity(path)
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror}") from error

    def enter(self) -> None:
        """Wait for one's turn; refuse a file that was deleted or replaced under us."""
        if not self._turn.acquire(self._limits.busy_seconds):
            raise Unavailable("the database is busy")
        try:
            gone = _identity(self._path) != self._identity
        except OSError:
            gone = True
        if gone:
            self._turn.release()
            raise Unavailable(f"{self._path} was moved or deleted; restart Groundswell")

    def leave(self) -> None:
        """Let the next one in."""
        self._turn.release()

    def room(self) -> None:
        """Refuse a disk that is about to be full."""
        if shutil.disk_usage(self._path.parent).free < self._limits.free_bytes:
            raise Unavailable(f"the disk that holds {self._path} is full")

    def close(self) -> None:
        """Let another process have the file."""
        self._lock.close()


def _identity(path: Path) -> tuple[int, int]:
    known = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, and once per transaction
    return known.st_dev, known.st_ino


def _lock_file(path: Path) -> IO[str]:
    """Hold a lock that ends with this process, however it ends."""
    held = path.open("a")
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there is no such module elsewhere

            msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - there is no such module on Windows

            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise InUse(f"another process uses {path.with_suffix('')}; stop it first") from error
    return held


@dataclass(frozen=True, slots=True)
class Database:
    """An engine, and the door before it."""

    engine: Engine
    door: Door = field(default_factory=OpenDoor)

    @property
    def is_sqlite(self) -> bool:
        """Tell the two apart where their statements differ."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Give a connection outside any unit of work, in its turn."""
        self.door.enter()
        try:
            with translated(), self.engine.connect() as connection:
                yield connection
        finally:
            self.door.leave()

    def outside(self, *statements: str) -> None:
        """Run what cannot run inside a transaction."""
        with self.connection() as connection:
            if self.is_sqlite:
                # SQLAlchemy would begin a transaction; the driver does not.
                driver = connection.connection.driver_connection
                assert driver is not None
                for statement in statements:
                    driver.execute(statement).fetchall()
                return
            plain = connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in statements:
                plain.exec_driver_sql(statement)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self.door.close()


def open_database(url: str, limits: Limits = LIMITS) -> Database:
    """Open SQLite or PostgreSQL; nothing is read or written yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, limits)
    return _postgresql(parsed, limits)


def _sqlite(url: URL, limits: Limits) -> Database:
    if not url.database or url.database == ":memory:":
        raise ValueError('SQLite needs a file; for a database without one, say "memory:"')
    door = FileDoor(Path(url.database).absolute(), limits)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=2,
        connect_args={"check_same_thread": False, "timeout": limits.busy_seconds},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return Database(engine, door)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions late and never before DDL: we begin them ourselves.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(url: URL, limits: Limits) -> Database:
    lock_timeout = f"-c lock_timeout={int(limits.busy_seconds * 1000)}ms"
    options = "" if "options" in url.query else lock_timeout
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=limits.pool_size,
        max_overflow=limits.pool_size,
        pool_timeout=limits.busy_seconds,
        pool_pre_ping=True,
        connect_args={"connect_timeout": int(limits.busy_seconds)}
        | ({"options": options} if options else {}),
    )
    return Database(engine)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's errors into ours; none carries what people wrote."""
    try:
        yield
    except (failures.IntegrityError, failures.DataError, failures.ProgrammingError) as error:
        # The driver's own text may quote the row, so only its kind and the statement are kept.
        raise Refused(f"{type(error.orig).__name__}: {error.statement}") from None
    except failures.DBAPIError as error:
        raise Unavailable(str(error.orig).partition("\n")[0]) from None
    except sqlite3.Error as error:
        raise Unavailable(str(error)) from None
    except failures.TimeoutError:
        raise Unavailable("all connections to the database are in use") from None


class Work:
    """One transaction, begun with the first statement.

    After a failure the transaction is rolled back and the unit refuses to go on, so that a
    handler which goes on after an error cannot commit its second half.
    """

    def __init__(self, database: Database, queued: Callable[[], None]) -> None:
        self._database = database
        self._notify = queued
        self._connection: Connection | None = None
        self._failed = False
        self.queued = False

    def run(
        self, statement: Executable, rows: Sequence[Row] | Row | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run a statement, with one set of values or many."""
        try:
            with translated():
                result = self._open().execute(statement, rows)
        except BaseException:
            self._fail()
            raise
        assert isinstance(result, CursorResult)
        return result

    def one(self, record: Callable[..., T], statement: Select[Any], **key: object) -> T | None:
        """Return the only row as a record."""
        row = self.run(statement, key).mappings().first()
        return None if row is None else record(**row)

    def all(self, record: Callable[..., T], statement: Select[Any], **key: object) -> tuple[T, ...]:
        """Return all rows as records."""
        return tuple(record(**row) for row in self.run(statement, key).mappings())

    def value(self, statement: Executable, **key: object) -> Any:  # noqa: ANN401 - any column's type
        """Return the first column of the first row, or None."""
        return self.run(statement, key).scalar()

    def add(self, table: Table, row: Row) -> int:
        """Insert a row whose id the database gives."""
        key = self.run(table.insert(), row).inserted_primary_key
        assert key is not None
        return int(key[0])

    def add_many(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, in their order."""
        if rows:
            self.run(table.insert(), rows)

    def add_new(self, table: Table, rows: Sequence[Row], *key: str) -> int:
        """Insert those rows whose key is new; return how many were."""
        if not rows:
            return 0
        return self.run(_inserting_new(table, key, is_sqlite=self.is_sqlite), rows).rowcount

    def save(self, table: Table, row: Row, key: str = "id") -> None:
        """Insert a row, or change the one that has its key."""
        self.run(_saving(table, tuple(row), key, is_sqlite=self.is_sqlite), row)

    def change(self, table: Table, row: Row) -> int:
        """Change the row that has this id; return how many there were."""
        values = {name: value for name, value in row.items() if name != "id"}
        return self.run(_changing(table), values | {"its_id": row["id"]}).rowcount

    def lock(self, name: str) -> None:
        """Hold a lock by name until the end; on SQLite whoever has begun is alone anyway."""
        if self.is_sqlite:
            self._open()
            return
        number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
        self.run(select(func.pg_advisory_xact_lock(number)))

    def commit(self) -> None:
        """Keep what was done, then tell whoever waits for outgoing rows."""
        self._require_whole()
        if self._connection is None:
            return
        try:
            with translated():
                self._connection.commit()
        except BaseException:
            self._fail()
            raise
        self._leave()
        if self.queued:
            self.queued = False
            self._notify()

    def rollback(self) -> None:
        """Undo what was done; the unit may be used anew."""
        self._leave()
        self._failed = self.queued = False

    @property
    def is_sqlite(self) -> bool:
        """Tell the two databases apart where their statements differ."""
        return self._database.is_sqlite

    def _open(self) -> Connection:
        self._require_whole()
        if self._connection is None:
            self._database.door.enter()
            try:
                self._connection = self._database.engine.connect()
                self._connection.begin()
            except BaseException:
                self._leave(entered=True)
                raise
        return self._connection

    def _require_whole(self) -> None:
        if self._failed:
            raise Unavailable("an earlier statement failed; nothing was stored")

    def _fail(self) -> None:
        self._failed = True
        self._leave()

    def _leave(self, *, entered: bool = False) -> None:
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.close()
        except failures.DBAPIError:
            assert connection is not None
            connection.invalidate()  # it broke before it could roll back; the server does
        finally:
            if entered or connection is not None:
                self._database.door.leave()


# Building a statement takes SQLAlchemy longer than a database needs to run it, so each is built
# once; only the values change.


def inserting(table: Table, *, is_sqlite: bool) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that may say what happens on a conflict; both dialects spell it alike."""
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


@cache
def _inserting_new(table: Table, key: tuple[str, ...], *, is_sqlite: bool) -> Executable:
    columns = [table.c[name] for name in key]
    statement = inserting(table, is_sqlite=is_sqlite).on_conflict_do_nothing(index_elements=columns)
    return statement.execution_options(preserve_rowcount=True)


@cache
def _saving(table: Table, names: tuple[str, ...], key: str, *, is_sqlite: bool) -> Executable:
    statement = inserting(table, is_sqlite=is_sqlite)
    return statement.on_conflict_do_update(
        index_elements=[table.c[key]],
        set_={name: statement.excluded[name] for name in names if name != key},
    )


@cache
def _changing(table: Table) -> Executable:
    return table.update().where(table.c.id == bindparam("its_id"))


def row_of(record: Record) -> Row:
    """Return a record's fields by name, which are its table's columns."""
    return {one.name: getattr(record, one.name) for one in fields(record)}


def new_row(record: Record) -> Row:
    """Return a record's fields without the id, which the database gives."""
    return {name: value for name, value in row_of(record).items() if name != "id"}
