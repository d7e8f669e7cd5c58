"""What may be asked and answered, and what is taken out of a comment. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from bot.pulses.model import Wave, WaveId, WaveState

LONGEST_QUESTION = 300
LONGEST_COMMENT = 500
LOWEST, HIGHEST = 0, 10
DAYS = (1, 3, 7, 14)
_LONGEST_NUMBER = 15
_SHORTEST_NAME = 3
_NAME = "[name]"
_NAMES = re.compile(r"\[name\](?:[\s-]+\[name\])+")
_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)

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


class Mask:
    """Take addresses, numbers, mentions and colleagues' names out of comments.

    A name matches as a whole word, in full and each part of it, letter case ignored; parts of one
    or two letters only as they are written, and scripts without spaces anywhere. Masking too much
    is harmless here; too little is not. Only names that the bot knows can be masked.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Index all names once; many comments are masked with them."""
        whole = [unicodedata.normalize("NFC", name) for name in names]
        parts = {part for name in whole for part in _WORD.findall(name)}
        self._long = {part.casefold() for part in parts if len(part) >= _SHORTEST_NAME}
        self._short = {p for p in parts if len(p) < _SHORTEST_NAME and p[:1].isupper()}
        unspaced = {"".join(_UNSPACED.findall(name)) for name in whole} - {""}
        found = "|".join(re.escape(name) for name in sorted(unspaced, key=len, reverse=True))
        self._anywhere = re.compile(found) if found else None

    def over(self, words: str) -> str:
        """Return the words with everything masked."""
        words = unicodedata.normalize("NFC", words)
        for pattern, mask in _MASKS:
            words = pattern.sub(mask, words)
        if self._anywhere is not None:
            words = self._anywhere.sub(_NAME, words)
        words = _WORD.sub(self._word, words)
        return _NAMES.sub(_NAME, words)

    def _word(self, found: re.Match[str]) -> str:
        word = found.group()
        if found.string[found.start() - 1 : found.start()] == "[":
            return word  # a mask that stands here already
        stem = word.casefold()
        known = stem in self._long or word in self._short
        return _NAME if known or stem.removesuffix("s") in self._long else word
