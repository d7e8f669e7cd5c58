"""The time at the fake Slack: real by default, and movable, so that expiry needs no waiting."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Clock:
    """Tell the time in Unix seconds; it can be moved ahead, or stopped at one moment."""

    offset: float = 0.0
    stopped_at: float | None = None

    def now(self) -> float:
        base = time.time() if self.stopped_at is None else self.stopped_at
        return base + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def stop(self, at: float) -> None:
        """Let time stand still at a moment; `advance` still moves it."""
        self.stopped_at = at
        self.offset = 0.0
