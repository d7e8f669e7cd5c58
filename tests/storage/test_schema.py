"""Migrations up and down, and a start that is refused with the command that mends it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from bot.people.model import PersonId
from storage import SchemaProblem, SQLStorage, schema
from storage.engine import open_database
from storage.tables import metadata
from tests.contracts.examples import person
from tests.postgres import Postgres
from tests.storage.stores import KINDS

REVISION = '''"""A revision of tomorrow."""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("tomorrow_{number}", sa.Column("id", sa.Integer(), primary_key=True))
    {then}


def downgrade() -> None:
    op.drop_table("tomorrow_{number}")
'''
REBUILD = """with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("shoe", sa.Text(), nullable=False, server_default=""))"""


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SQLStorage]:
    """Open a database without any table, once of each kind."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        name = server.create()
        url = server.url(name)
    opened = SQLStorage(open_database(url))
    yield opened
    opened.close()
    if request.param == "postgres":
        server.drop(name)


@pytest.fixture
def tomorrow(tmp_path: Path) -> Path:
    """Make the migrations of a later version: its second revision builds a table anew."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder)
    add(folder, "0002", "0001", REBUILD)
    return folder


def add(folder: Path, number: str, before: str, then: str) -> None:
    path = folder / "versions" / f"{number}_tomorrow.py"
    path.write_text(REVISION.format(number=number, before=before, then=then))


def tables(store: SQLStorage) -> set[str]:
    with store.database.connection() as connection:
        return set(inspect(connection).get_table_names())


def run(store: SQLStorage, statement: str) -> None:
    with store.database.connection() as connection, connection.begin():
        connection.execute(text(statement))


def test_up_down_and_up_again(empty: SQLStorage) -> None:
    """Everything is made and everything goes; a second migration changes nothing."""
    empty.migrate()
    assert tables(empty) == metadata.tables.keys() | {"alembic_version"}
    empty.migrate()
    empty.check()
    schema.downgrade(empty.database, "base")
    assert tables(empty) == {"alembic_version"}
    with pytest.raises(SchemaProblem, match=r'is empty. Run "groundswell migrate"'):
        empty.check()
    empty.migrate()
    empty.check()


def test_migrations_make_what_the_code_expects(empty: SQLStorage) -> None:
    """Types, keys and nullability alike, so that no one forgets a migration."""
    empty.migrate()
    with empty.database.connection() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for table in metadata.tables.values():
            made = {index["name"] for index in found.get_indexes(table.name)}
            assert made >= {index.name for index in table.indexes}


def test_an_empty_database_is_refused(empty: SQLStorage) -> None:
    """With the command that fills it."""
    with pytest.raises(SchemaProblem, match=r'is empty. Run "groundswell migrate"'):
        empty.check()


def test_an_older_schema_is_refused_and_migrated(empty: SQLStorage, tomorrow: Path) -> None:
    """People's rows are still there when the table was built anew."""
    empty.migrate()
    with empty.units() as uow:
        person(uow, "ann")
        uow.commit()
    empty.check()
    later = SQLStorage(empty.database, tomorrow)
    with pytest.raises(
        SchemaProblem, match=r'has schema 0001, this version needs 0002. Run "groundswell migrate"'
    ):
        later.check()
    later.migrate()
    later.check()
    with later.units() as uow:
        assert uow.people.count() == 1
        assert len(uow.people.accounts(PersonId("ann"))) == 1


def test_a_newer_schema_is_refused(empty: SQLStorage, tomorrow: Path) -> None:
    """The older version neither starts nor migrates."""
    SQLStorage(empty.database, tomorrow).migrate()
    for start in (empty.check, empty.migrate):
        with pytest.raises(SchemaProblem, match=r'A newer .* run "groundswell migrate"'):
            start()


def test_an_unknown_schema_is_refused(empty: SQLStorage) -> None:
    """Something else wrote its number there."""
    empty.migrate()
    run(empty, "UPDATE alembic_version SET version_num = 'b1e7'")
    for start in (empty.check, empty.migrate):
        with pytest.raises(SchemaProblem, match=r'Something else .* run "groundswell migrate"'):
            start()


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE alembic_version",
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('0000')",
    ],
)
def test_a_half_migrated_schema_is_refused(empty: SQLStorage, damage: str) -> None:
    """Tables without the one number that says what they are."""
    empty.migrate()
    run(empty, damage)
    for start in (empty.check, empty.migrate):
        with pytest.raises(SchemaProblem, match=r'cut off.* run "groundswell migrate"'):
            start()


def test_a_missing_table_is_noticed(empty: SQLStorage) -> None:
    """The number alone proves nothing."""
    empty.migrate()
    run(empty, "DROP TABLE comment")
    for start in (empty.check, empty.migrate):
        with pytest.raises(SchemaProblem, match="lacks comment"):
            start()


def test_a_revision_that_fails_leaves_the_one_before(empty: SQLStorage, tomorrow: Path) -> None:
    """Each revision is one transaction, its tables and its number together."""
    add(tomorrow, "0003", "0002", "raise ZeroDivisionError")
    later = SQLStorage(empty.database, tomorrow)
    with pytest.raises(ZeroDivisionError):
        later.migrate()
    assert "tomorrow_0002" in tables(empty)
    assert "tomorrow_0003" not in tables(empty)
    with pytest.raises(SchemaProblem, match="has schema 0002, this version needs 0003"):
        later.check()
    add(tomorrow, "0003", "0002", "pass")
    later.migrate()
    assert "tomorrow_0003" in tables(empty)


def test_the_files_names_are_the_revisions() -> None:
    """What starts without Alembic knows the same revisions as Alembic does."""
    scripts = ScriptDirectory.from_config(schema.config())
    assert {one.revision for one in scripts.walk_revisions()} == schema._revisions(
        schema.MIGRATIONS
    )
    assert scripts.get_current_head() == schema._head(schema.MIGRATIONS)
