"""What may be announced and how far it is. Pure."""

from bot.announcements.model import Announcement, AnnouncementId, AnnouncementState, Tally

LONGEST_TITLE = 120
LONGEST_WORDS = 3000
_LONGEST_NUMBER = 15


def named(argument: str) -> tuple[AnnouncementId, int] | None:
    """Return the announcement and the count of copies that a button was pressed for."""
    number, _, count = argument.partition(":")
    for part in (number, count or "0"):
        if not (part.isascii() and part.isdigit() and len(part) <= _LONGEST_NUMBER):
            return None
    return AnnouncementId(int(number)), int(count or "0")


def finished(announcement: Announcement, tally: Tally) -> bool:
    """Tell whether nothing is left to be sent."""
    return announcement.state is AnnouncementState.SENDING and tally.pending == 0
