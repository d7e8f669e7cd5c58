"""Keys of handled events in the database."""

from datetime import datetime

from sqlalchemy import bindparam, select

from bot.messages import NOTHING, Answer
from storage.canonical import answer_from, text_of
from storage.engine import Work
from storage.tables import handled

KEEP = handled.update().where(handled.c.key == bindparam("of"))
ANSWER = select(handled.c.answer).where(handled.c.key == bindparam("of"))


class SQLHandledKeys:
    """Implements ``bot.ports.HandledKeys``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def claim(self, key: str, now: datetime, /) -> bool:
        """Take the key for this transaction; False if an earlier one committed with it.

        PostgreSQL lets a second claim wait until the first transaction has ended.
        """
        return self._work.add_new(handled, [{"key": key, "at": now}], "key") == 1

    def keep(self, key: str, answer: Answer, /) -> None:
        """Keep what the event was answered with."""
        self._work.run(KEEP, {"of": key, "answer": text_of(answer)})

    def answer(self, key: str, /) -> Answer:
        """Return what the event was answered with; nothing if that was not kept."""
        kept = self._work.value(ANSWER, of=key)
        return NOTHING if kept is None else answer_from(kept)

    def purge(self, before: datetime, /) -> int:
        """Forget keys older than ``before``; return how many."""
        return self._work.run(handled.delete().where(handled.c.at < before)).rowcount
