"""One transaction on SQLite or PostgreSQL, with all repositories."""

from collections.abc import Callable
from typing import Self

from storage.announcements import SQLAnnouncements
from storage.chat import SQLChat
from storage.dialogues import SQLDialogues
from storage.engine import Database, Work
from storage.handled import SQLHandledKeys
from storage.installations import SQLInstallations
from storage.needs import SQLNeeds
from storage.outbox import SQLOutbox
from storage.people import SQLPeople
from storage.pulses import SQLPulses


class SQLUnitOfWork:
    """Implements ``bot.ports.UnitOfWork``."""

    def __init__(self, database: Database, queued: Callable[[], None]) -> None:
        self._work = work = Work(database, queued)
        self.people = SQLPeople(work)
        self.needs = SQLNeeds(work)
        self.pulses = SQLPulses(work)
        self.announcements = SQLAnnouncements(work)
        self.dialogues = SQLDialogues(work)
        self.handled = SQLHandledKeys(work)
        self.outbox = SQLOutbox(work)
        self.chat = SQLChat(work)
        self.installations = SQLInstallations(work)

    def lock(self, name: str, /) -> None:
        """Let no other transaction with this lock go on before this one ends."""
        self._work.lock(name)

    def commit(self) -> None:
        """Keep what was done."""
        self._work.commit()

    def rollback(self) -> None:
        """Undo what was done."""
        self._work.rollback()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._work.rollback()
