"""From scores to what may be shown: thresholds, rounding, intervals. Pure, standard library only.

Rules of release: under ``k`` answers nothing at all; under ``FIGURES_FROM`` words without a
number; a group in which all agree only as a band, because its average would tell each answer;
otherwise figures with n and interval, shares in steps of 5 % and n rounded down to 5.

Sources: Wilson 1927 for proportions; the adjusted Wald interval for promoter-type scores (n + 3,
promoters + 3/4, detractors + 3/4) as compared in Rocks 2016.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, sqrt
from statistics import NormalDist
from typing import TypeAlias

FIGURES_FROM = 10
STEP = 5
HAPPY_FROM = 9
NEUTRAL_FROM = 7
LEAST_SHOWN, MOST_SHOWN = STEP, 100 - STEP


class Band(StrEnum):
    """Where all answers lie when nobody differs."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFew:
    """Fewer than ``k`` answered: nothing is shown, not even how many."""

    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsOnly:
    """At least ``k`` answered, but too few for a number."""

    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanimous:
    """All answers lie in one band; ``n`` is rounded down."""

    n: int
    band: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is shown of a large enough group; all values rounded.

    ``n`` is rounded down to 5. ``score`` is % happy − % unhappy, −100…100, with its interval.
    Shares are whole percentages between 5 and 95; the ends mean "or less" and "or more".
    """

    n: int
    score: int
    score_low: int
    score_high: int
    happy: int
    neutral: int
    unhappy: int
    happy_low: int
    happy_high: int


Results: TypeAlias = TooFew | WordsOnly | Unanimous | Figures


def aggregate(scores: Sequence[int], *, k: int) -> Results:
    """Return what may be shown of these scores (0–10 each)."""
    n = len(scores)
    if n < k:
        return TooFew(k=k)
    if n < FIGURES_FROM:
        return WordsOnly(k=k)
    happy = sum(score >= HAPPY_FROM for score in scores)
    unhappy = sum(score < NEUTRAL_FROM for score in scores)
    neutral = n - happy - unhappy
    for count, band in ((happy, Band.HIGH), (neutral, Band.MIDDLE), (unhappy, Band.LOW)):
        if count == n:
            return Unanimous(n=rounded_down(n), band=band)
    score_low, score_high = _outward(*score_interval(happy, neutral, unhappy), least=-100)
    share_low, share_high = wilson(happy, n)
    happy_low, happy_high = _outward(100 * share_low, 100 * share_high, least=0)
    return Figures(
        n=rounded_down(n),
        score=_nearest(100 * (happy - unhappy) / n),
        score_low=score_low,
        score_high=score_high,
        happy=_share(happy / n),
        neutral=_share(neutral / n),
        unhappy=_share(unhappy / n),
        happy_low=happy_low,
        happy_high=happy_high,
    )


def rounded_down(count: int) -> int:
    """Return a count as it may be shown while more are coming: down to a step of 5."""
    return count - count % STEP


def wilson(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of a share, without continuity correction.

    Both ends lie in 0..1. Raise ValueError unless 0 ≤ successes ≤ n and n > 0.
    """
    if not 0 <= successes <= n or n == 0:
        msg = f"a share needs 0 <= successes <= n and n > 0, not {successes} of {n}"
        raise ValueError(msg)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return low, high


def score_interval(
    happy: int, neutral: int, unhappy: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the adjusted Wald interval of % happy − % unhappy, in points, clamped to ±100."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n = happy + neutral + unhappy + 3
    up, down = (happy + 0.75) / n, (unhappy + 0.75) / n
    half = z * sqrt((up + down - (up - down) ** 2) / n)
    return max(-100.0, 100 * (up - down - half)), min(100.0, 100 * (up - down + half))


def _nearest(points: float) -> int:
    return STEP * round(points / STEP)


def _share(share: float) -> int:
    return min(MOST_SHOWN, max(LEAST_SHOWN, _nearest(100 * share)))


def _outward(low: float, high: float, *, least: int) -> tuple[int, int]:
    """Round an interval to whole steps so that it never gets narrower."""
    return max(least, STEP * floor(low / STEP)), min(100, STEP * ceil(high / STEP))
