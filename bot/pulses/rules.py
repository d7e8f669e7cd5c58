"""What may be asked and answered, and what is taken out of a comment. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime

from bot.pulses.model import Wave, WaveId, WaveState

LONGEST_QUESTION = 300
LONGEST_COMMENT = 500
LOWEST, HIGHEST = 0, 10
DAYS = (1, 3, 7, 14)
_LONGEST_NUMBER = 15
_SHORTEST_NAME = 3

_MASKS = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"https?://\S+"), "[link]"),
    (re.compile(r"<[@#!][^>]*>"), "[mention]"),
    (re.compile(r"(?<![\w.])@\w[\w.-]*"), "[mention]"),
    (re.compile(r"(?<!\w)\+?\d[\d\s()/.-]{5,}\d(?!\w)"), "[number]"),
)


def is_open(wave: Wave, now: datetime) -> bool:
    """Tell whether a wave still takes answers."""
    return wave.state is WaveState.OPEN and now < wave.closes_at


def score_of(words: str) -> int | None:
    """Return the score that a tap carries, or None if it is none of 0–10."""
    if not (words.isascii() and words.isdigit() and len(words) <= len(str(HIGHEST))):
        return None
    score = int(words)
    return score if LOWEST <= score <= HIGHEST else None


def wave_id(words: str) -> WaveId | None:
    """Return the wave that a button names, or None if that is no wave's number."""
    if not (words.isascii() and words.isdigit() and len(words) <= _LONGEST_NUMBER):
        return None
    return WaveId(int(words))


def masked(words: str, names: Iterable[str]) -> str:
    """Take addresses, numbers, mentions and colleagues' names out of a comment.

    Names match as whole words, in full and each part of three letters or more, letter case
    ignored. Masking too much is harmless here; too little is not.
    """
    for pattern, mask in _MASKS:
        words = pattern.sub(mask, words)
    parts = {part for name in names for part in (name, *name.split())}
    wanted = sorted((p for p in parts if len(p) >= _SHORTEST_NAME), key=len, reverse=True)
    if not wanted:
        return words
    any_name = "|".join(re.escape(part) for part in wanted)
    return re.sub(rf"(?<!\w)(?:{any_name})(?!\w)", "[name]", words, flags=re.IGNORECASE)
