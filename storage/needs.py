"""Needs and their history in the database."""

from dataclasses import replace

from sqlalchemy import Integer, bindparam, select

from bot.needs.model import Need, NeedChange, NeedId
from bot.people.model import PersonId
from storage.engine import Work, new_row, row_of
from storage.tables import need as needs
from storage.tables import need_change as changes

CHANGE = [column for column in changes.c if column.name != "id"]

BY_ID = select(needs).where(needs.c.id == bindparam("need"))
BY_DRAFT = select(needs).where(needs.c.draft == bindparam("draft")).order_by(needs.c.id).limit(1)
BY_ASKER = (
    select(needs)
    .where(needs.c.asker == bindparam("person"))
    .order_by(needs.c.id.desc())
    .limit(bindparam("limit", type_=Integer()))
)
HISTORY = select(*CHANGE).where(changes.c.need == bindparam("need")).order_by(changes.c.id)


class SQLNeeds:
    """Implements ``bot.ports.Needs``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, need: Need, /) -> Need:
        """Store a need whose id is 0; return it with the next number."""
        return replace(need, id=NeedId(self._work.add(needs, new_row(need))))

    def get(self, need: NeedId, /) -> Need | None:
        """Find a need."""
        return self._work.one(Need, BY_ID, need=need)

    def by_draft(self, draft: str, /) -> Need | None:
        """Find the need that a draft became."""
        return self._work.one(Need, BY_DRAFT, draft=draft)

    def save(self, need: Need, change: NeedChange, /) -> None:
        """Store the new state and its line of history."""
        self._work.change(needs, row_of(need))
        self._work.add(changes, row_of(change))

    def of(self, person: PersonId, /, limit: int = 20) -> tuple[Need, ...]:
        """Return a person's needs, newest first."""
        return self._work.all(Need, BY_ASKER, person=person, limit=limit)

    def history(self, need: NeedId, /) -> tuple[NeedChange, ...]:
        """Return all changes, oldest first."""
        return self._work.all(NeedChange, HISTORY, need=need)
