"""The published rate limits of bots in Teams, counted on a settable clock.

Source: Microsoft Learn, "Optimize your bot with rate limiting in Teams" (October 2026).
"""

import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

Windows: TypeAlias = tuple[tuple[int, float], ...]  # how many calls in how many seconds

SEND: Final[Windows] = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))
READ: Final[Windows] = ((14, 1.0), (16, 2.0), (120, 30.0), (3_600, 3_600.0))
# The roster without pages is throttled far below its paged sibling.
ROSTER: Final[Windows] = ((5, 60.0),)
APP_PER_SECOND: Final = 50


@dataclass(frozen=True, slots=True)
class Moment:
    """One time as Teams writes it: in UTC and where the person is."""

    utc: str
    local: str


@dataclass(slots=True)
class Clock:
    """Wall time that a test may move forward."""

    offset: float = 0.0
    frozen_at: float | None = None

    def now(self) -> float:
        """Return seconds since 1970."""
        return (time.time() if self.frozen_at is None else self.frozen_at) + self.offset

    def advance(self, seconds: float) -> None:
        """Let time pass without waiting for it."""
        self.offset += seconds

    def moment(self, zone: str) -> "Moment":
        """Say what time it is, as activities write it."""
        now = datetime.fromtimestamp(self.now(), tz=UTC)
        local = now.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds")
        return Moment(now.isoformat(timespec="milliseconds").replace("+00:00", "Z"), local)

    def freeze(self) -> None:
        """Stop time, so that only `advance` moves it."""
        self.frozen_at = time.time()


@dataclass(slots=True)
class Limiter:
    """Sliding windows per key; only calls let through count."""

    clock: Clock
    _calls: dict[object, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait(self, key: object, windows: Windows) -> float | None:
        """Say how long a call must wait, or None if it may go now."""
        calls, now = self._calls[key], self.clock.now()
        longest = max(seconds for _, seconds in windows)
        while calls and calls[0] <= now - longest:
            calls.popleft()
        waits = [
            calls[-most] + seconds - now
            for most, seconds in windows
            if len(calls) >= most and calls[-most] > now - seconds
        ]
        return max(waits) if waits else None

    def count(self, key: object) -> None:
        """Record a call that was let through."""
        self._calls[key].append(self.clock.now())
