"""An announcement and where it goes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.heard import ChannelId
from bot.people.model import PersonId

AnnouncementId = NewType("AnnouncementId", int)


class AnnouncementState(StrEnum):
    """Draft → sending → done, or cancelled before anything was sent."""

    DRAFT = "draft"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Words of the CIO for everyone known, or for one channel.

    ``channel`` is empty for everyone. ``planned`` is the number of copies, fixed at the send.
    """

    id: AnnouncementId
    author: PersonId
    title: str
    words: str
    channel: ChannelId
    state: AnnouncementState
    drafted_at: datetime
    planned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the copies; ``planned`` is always the sum of the others.

    ``unknown`` copies may or may not have arrived: the platform never said.
    """

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    pending: int = 0

    @property
    def planned(self) -> int:
        """Return how many copies there are in all."""
        return self.sent + self.failed + self.unknown + self.cancelled + self.pending
