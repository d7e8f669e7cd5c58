"""Databases for the stories."""

from tests.storage.stores import (
    database,
    database_url,
    migrated_file,
    migrated_postgres,
    sqlite,
    sqlite_url,
    store,
)

__all__ = [
    "database",
    "database_url",
    "migrated_file",
    "migrated_postgres",
    "sqlite",
    "sqlite_url",
    "store",
]
