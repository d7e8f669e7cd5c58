"""Open dialogues in the database."""

from sqlalchemy import bindparam, select

from bot.people.model import PersonId
from bot.ports import Dialogue
from storage.engine import Work, row_of
from storage.tables import dialogue as dialogues

GET = select(dialogues).where(dialogues.c.person == bindparam("person"))
DROP = dialogues.delete().where(dialogues.c.person == bindparam("person"))


class SQLDialogues:
    """Implements ``bot.ports.Dialogues``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def get(self, person: PersonId, /) -> Dialogue | None:
        """Find a person's open dialogue."""
        return self._work.one(Dialogue, GET, person=person)

    def save(self, dialogue: Dialogue, /) -> None:
        """Add or replace a person's dialogue."""
        self._work.save(dialogues, row_of(dialogue), key="person")

    def drop(self, person: PersonId, /) -> None:
        """End a person's dialogue, if there is one."""
        self._work.run(DROP, {"person": person})
