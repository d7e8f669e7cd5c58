"""A need and its history."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.people.model import PersonId

NeedId = NewType("NeedId", int)


class NeedState(StrEnum):
    """Where a need stands; the stages between are added with the pipeline."""

    SUBMITTED = "submitted"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What somebody asks of IT.

    ``words`` are the asker's own and never change; ``link`` leads to the message they came from.
    ``draft`` is the random id of the draft it came from: sending one draft twice makes one need.
    ``answer_due`` is when the first human answer is due. Times are aware UTC.
    """

    id: NeedId
    asker: PersonId
    words: str
    department: str
    link: str
    draft: str
    state: NeedState
    asked_at: datetime
    answer_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedChange:
    """One line of a need's history: who moved it, when and why."""

    need: NeedId
    by: PersonId
    at: datetime
    before: NeedState | None
    after: NeedState
    reason: str = ""
