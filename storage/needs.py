"""Needs and their history in the database."""

from dataclasses import replace

from sqlalchemy import select

from bot.needs.model import Need, NeedChange, NeedId
from bot.people.model import PersonId
from storage.engine import Work, new_row, row_of
from storage.tables import need as needs
from storage.tables import need_change as changes

CHANGE = [column for column in changes.c if column.name != "id"]


class SQLNeeds:
    """Implements ``bot.ports.Needs``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, need: Need, /) -> Need:
        """Store a need whose id is 0; return it with the next number."""
        return replace(need, id=NeedId(self._work.add(needs, new_row(need))))

    def get(self, need: NeedId, /) -> Need | None:
        """Find a need."""
        return self._work.one(Need, select(needs).where(needs.c.id == need))

    def by_draft(self, draft: str, /) -> Need | None:
        """Find the need that a draft became."""
        found = select(needs).where(needs.c.draft == draft).order_by(needs.c.id).limit(1)
        return self._work.one(Need, found)

    def save(self, need: Need, change: NeedChange, /) -> None:
        """Store the new state and its line of history."""
        self._work.change(needs, row_of(need))
        self._work.add(changes, row_of(change))

    def of(self, person: PersonId, /, limit: int = 20) -> tuple[Need, ...]:
        """Return a person's needs, newest first."""
        found = select(needs).where(needs.c.asker == person)
        return self._work.all(Need, found.order_by(needs.c.id.desc()).limit(limit))

    def history(self, need: NeedId, /) -> tuple[NeedChange, ...]:
        """Return all changes, oldest first."""
        found = select(*CHANGE).where(changes.c.need == need)
        return self._work.all(NeedChange, found.order_by(changes.c.id))
