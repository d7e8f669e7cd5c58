"""Stores for these tests."""

from tests.storage.stores import (
    database,
    database_url,
    migrated_file,
    migrated_postgres,
    on_postgres,
    shared_postgres,
    sqlite,
    sqlite_url,
    store,
)

__all__ = [
    "database",
    "database_url",
    "migrated_file",
    "migrated_postgres",
    "on_postgres",
    "shared_postgres",
    "sqlite",
    "sqlite_url",
    "store",
]
