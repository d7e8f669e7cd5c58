"""The state of a database's schema, and the way to the present one.

Revisions are numbered, so that one which this version does not have tells whether a newer one
wrote it. Each runs in one transaction, DDL included, on SQLite as on PostgreSQL: a crash leaves
the revision before it, whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, inspect, select, text

from storage.engine import Database
from storage.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
"""Which revisions this version has."""
VERSION_TABLE = "alembic_version"
MIGRATE = "groundswell migrate"
MIGRATION_LOCK = 7_226_441_905_172_337_541
"""Any number that nobody else on this PostgreSQL database locks."""
_PUT_BACK = (
    "Put back the backup made before the last update, or let GROUNDSWELL_DATABASE_URL name an "
    f'empty database, then run "{MIGRATE}".'
)


class SchemaProblem(Exception):  # noqa: N818 - named as the fact it states
    """The database does not have the schema this version needs; the message says what mends it."""


def problem(connection: Connection, migrations: Path = MIGRATIONS) -> SchemaProblem | None:
    """Compare a database with what the version of those migrations needs."""
    found = set(inspect(connection).get_table_names())
    ours = found & metadata.tables.keys()
    versions = _versions(connection) if VERSION_TABLE in found else []
    head = _head(migrations)
    if not versions and not ours:
        return SchemaProblem(f'The database is empty. Run "{MIGRATE}".')
    if len(versions) != 1:
        return SchemaProblem(
            "The database holds tables but not the one number that says which version made them: "
            f"a migration was cut off, or they belong to something else. {_PUT_BACK}"
        )
    version = versions[0]
    if version not in _revisions(migrations):
        writer = "A newer Groundswell" if version.isdigit() and version > head else "Something else"
        return SchemaProblem(
            f"{writer} made this database (schema {version}; this version has {head}). "
            f"Start the version that made it. Or: {_PUT_BACK}"
        )
    if version != head:
        return SchemaProblem(
            f'The database has schema {version}, this version needs {head}. Run "{MIGRATE}".'
        )
    missing = sorted(metadata.tables.keys() - ours)
    if missing:
        return SchemaProblem(
            f"The database says schema {head} but lacks {', '.join(missing)}. {_PUT_BACK}"
        )
    return None


def can_migrate(connection: Connection, migrations: Path = MIGRATIONS) -> SchemaProblem | None:
    """Return what a migration could only make worse."""
    found = problem(connection, migrations)
    if found is None or str(found).endswith(f'Run "{MIGRATE}".'):
        return None
    return found


def upgrade(database: Database, revision: str, migrations: Path = MIGRATIONS) -> None:
    """Go up to a revision; two processes that try at once go one after the other."""
    with _exclusive(database) as connection:
        refused = can_migrate(connection, migrations)
        connection.rollback()
        if refused:
            raise refused
        _alembic("upgrade", connection, revision, migrations)


def downgrade(database: Database, revision: str, migrations: Path = MIGRATIONS) -> None:
    """Go down to a revision; "base" leaves nothing."""
    with _exclusive(database) as connection:
        _alembic("downgrade", connection, revision, migrations)


def config(connection: Connection | None = None, migrations: Path = MIGRATIONS) -> "Config":
    """Return what Alembic has to know."""
    from alembic.config import Config  # noqa: PLC0415 - see ``_alembic``

    made = Config()
    made.set_main_option("script_location", str(migrations))
    made.attributes["connection"] = connection
    return made


def _alembic(name: str, connection: Connection, revision: str, migrations: Path) -> None:
    # Loaded here because it takes a third of the storage's start time, and only migrating needs it.
    from alembic import command  # noqa: PLC0415

    getattr(command, name)(config(connection, migrations), revision)


def _head(migrations: Path) -> str:
    return max(_revisions(migrations))


def _revisions(migrations: Path) -> set[str]:
    """Return the revisions in a folder, as the names of their files begin."""
    return {path.name.split("_", 1)[0] for path in (migrations / "versions").glob("[0-9]*_*.py")}


def _versions(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


@contextmanager
def _exclusive(database: Database) -> Iterator[Connection]:
    """Give a connection that no other migration has meanwhile; it is not used again."""
    with database.connection() as connection:
        if database.is_sqlite:
            # Batch migrations rebuild tables that others refer to. Inside a transaction this
            # would do nothing, so it goes past SQLAlchemy.
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys=OFF").close()
            connection.detach()
        else:
            connection.detach()
            connection.execute(text("SET lock_timeout = 0"))
            connection.execute(select(func.pg_advisory_lock(MIGRATION_LOCK)))
            connection.commit()
        yield connection
