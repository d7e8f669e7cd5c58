"""A wave, who was asked, and answers that belong to nobody.

``Sealed`` and ``Answers`` carry no person, no time and no order: see ``handlers.opened``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.heard import ChannelId
from bot.people.model import PersonId

WaveId = NewType("WaveId", int)
SMALLEST_GROUP = 5
SMALLEST_GROUP_FOR_COMMENTS = 10


class WaveState(StrEnum):
    """A wave is asked, then closed for good; ``CLOSING`` is a close that a crash interrupted."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class Part(StrEnum):
    """Whether and how far a person took part; there is no time beside it."""

    OPEN = "open"
    ANSWERED = "answered"
    COMMENTED = "commented"


class Kind(StrEnum):
    """What a sealed box holds."""

    SCORE = "score"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One round of a pulse.

    ``question`` is the author's wording, frozen. ``k`` and ``k_comment`` are the smallest groups
    of which a figure or a comment is shown; they are frozen at launch. ``public_key`` seals the
    answers (hex); the private one is never in the database. ``channel`` is where the live card
    stands, empty if the wave is asked in direct messages alone.
    """

    id: WaveId
    question: str
    state: WaveState
    launched_by: PersonId
    opened_at: datetime
    closes_at: datetime
    public_key: str
    invited: int
    channel: ChannelId = ChannelId("")
    k: int = SMALLEST_GROUP
    k_comment: int = SMALLEST_GROUP_FOR_COMMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An answer in a box that only the wave's private key opens.

    ``slot`` is 128 random bits in hex, so that rows have no natural order.
    """

    wave: WaveId
    kind: Kind
    slot: str
    box: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All answers of a closed wave, sorted so that no arrival order is left."""

    scores: tuple[int, ...] = ()
    comments: tuple[str, ...] = field(default=())
