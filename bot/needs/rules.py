"""When a need must be answered, and how a need may move. Pure."""

from datetime import datetime, timedelta

from bot.needs.model import NeedState

ANSWER_WORKING_DAYS = 5
LONGEST_EDIT = 3000
_SATURDAY = 5
_LONGEST_NUMBER = 15

_MOVES: dict[NeedState, frozenset[NeedState]] = {
    NeedState.SUBMITTED: frozenset({NeedState.ACKNOWLEDGED, NeedState.WITHDRAWN}),
    NeedState.ACKNOWLEDGED: frozenset({NeedState.WITHDRAWN}),
    NeedState.WITHDRAWN: frozenset(),
}


def answer_due(asked_at: datetime, working_days: int = ANSWER_WORKING_DAYS) -> datetime:
    """Return when the first human answer is due: so many days later, Monday to Friday."""
    due = asked_at
    left = working_days
    while left > 0:
        due += timedelta(days=1)
        if due.weekday() < _SATURDAY:
            left -= 1
    return due


def may_move(before: NeedState, after: NeedState) -> bool:
    """Tell whether a need may go from one state to another."""
    return after in _MOVES[before]


def joined(first: str, more: str) -> str:
    """Add a further message to what was said before, each on lines of its own."""
    return f"{first}\n{more}" if first.strip() else more


def tidy(words: str) -> str:
    """Take off the blank space around the words and nothing else."""
    return words.strip()


def is_number(words: str) -> bool:
    """Tell whether text from outside can be a need's number."""
    return words.isascii() and words.isdigit() and len(words) <= _LONGEST_NUMBER
