"""What may be announced and how far it is. Pure."""

from bot.announcements.model import Announcement, AnnouncementId, AnnouncementState, Tally

LONGEST_TITLE = 120
LONGEST_WORDS = 3000
_LONGEST_NUMBER = 15


def named(argument: str) -> tuple[AnnouncementId, str] | None:
    """Return the announcement and the mark of words and audience that a button stands for."""
    number, _, mark = argument.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
        return None
    return AnnouncementId(int(number)), mark


def finished(announcement: Announcement, tally: Tally) -> bool:
    """Tell whether nothing is left to be sent."""
    return announcement.state is AnnouncementState.SENDING and tally.pending == 0
