"""What a benchmark says: one line of JSON with both sides, and how the numbers are made."""

import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

KEYS = ("name", "database", "value", "unit", "baseline", "ratio", "goal", "met")
_DIGITS = 4
_BEGAN = time.monotonic()


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least this share of all values does not exceed."""
    if not values:
        raise ValueError("no values")
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(rank, 1) - 1]


@dataclass(frozen=True, slots=True)
class Rounds:
    """One side's figure of every round: the median counts, the spread is told."""

    values: tuple[float, ...]

    @property
    def value(self) -> float:
        """Return the middle one."""
        return median(self.values)

    @property
    def spread(self) -> list[float]:
        """Return the least and the greatest."""
        return [rounded(min(self.values)), rounded(max(self.values))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One result; `baseline` and `ratio` are absent where there is nothing to compare with."""

    name: str
    database: str
    value: float
    unit: str
    goal: str
    met: bool
    baseline: float | None = None
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Return ours divided by the baseline's."""
        return self.value / self.baseline if self.baseline else None

    def as_json(self) -> str:
        """Write the line."""
        first = {key: getattr(self, key) for key in KEYS}
        return json.dumps({key: _short(value) for key, value in (first | dict(self.more)).items()})


def compared(
    name: str,
    database: str,
    unit: str,
    ours: Rounds,
    baseline: Rounds,
    *,
    most: float,
    **more: object,
) -> Line:
    """Make the line of a benchmark whose goal is a ratio that must not be exceeded."""
    return Line(
        name=name,
        database=database,
        value=ours.value,
        unit=unit,
        baseline=baseline.value,
        goal=f"ratio <= {most}",
        met=ours.value / baseline.value <= most,
        more=more | {"spread": ours.spread, "baseline_spread": baseline.spread},
    )


def rounded(value: float) -> float:
    """Keep four digits: more would pretend an accuracy that no machine has."""
    return float(f"{value:.{_DIGITS}g}")


def _short(value: object) -> object:
    return rounded(value) if isinstance(value, float) else value


def tell(words: str) -> None:
    """Say on standard error how far it is; standard output holds the lines alone."""
    sys.stderr.write(f"bench {time.monotonic() - _BEGAN:6.1f} s: {words}\n")
    sys.stderr.flush()
