"""Announcements in the database."""

from dataclasses import replace

from sqlalchemy import select

from bot.announcements.model import Announcement, AnnouncementId, AnnouncementState
from storage.engine import Work, new_row, row_of
from storage.tables import announcement as announcements


class SQLAnnouncements:
    """Implements ``bot.ports.Announcements``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, announcement: Announcement, /) -> Announcement:
        """Store one whose id is 0; return it with the next number."""
        number = self._work.add(announcements, new_row(announcement))
        return replace(announcement, id=AnnouncementId(number))

    def get(self, announcement: AnnouncementId, /) -> Announcement | None:
        """Find an announcement."""
        found = select(announcements).where(announcements.c.id == announcement)
        return self._work.one(Announcement, found)

    def save(self, announcement: Announcement, /) -> None:
        """Change an announcement."""
        self._work.change(announcements, row_of(announcement))

    def sending(self) -> tuple[Announcement, ...]:
        """Return those being delivered, oldest first."""
        found = select(announcements).where(announcements.c.state == AnnouncementState.SENDING)
        return self._work.all(Announcement, found.order_by(announcements.c.id))
