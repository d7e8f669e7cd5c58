"""Token buckets: the published budgets per method and workspace, and one second per channel."""

import math
from dataclasses import dataclass, field

from .clock import Clock

CHANNEL_PER_SECOND = 1.0
"""chat.postMessage: one message per second and channel."""


@dataclass(slots=True)
class Bucket:
    """A bucket that holds `capacity` tokens and gains `rate` of them each second."""

    capacity: float
    rate: float
    level: float
    at: float

    def refill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + max(0.0, now - self.at) * self.rate)
        self.at = now

    def wait(self) -> int:
        """Return the whole seconds until a token is there; 0 when one is."""
        missing = 1.0 - self.level
        return 0 if missing <= 1e-9 else max(1, math.ceil(missing / self.rate))


@dataclass(slots=True)
class Buckets:
    """All buckets of one workspace."""

    clock: Clock
    channel_burst: int = 1
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def spend(self, method: str, per_minute: int, channel: str | None) -> int:
        """Take a token for a call, or return the seconds to wait; then nothing is taken."""
        now = self.clock.now()
        wanted = [self._bucket((method, ""), float(per_minute), per_minute / 60.0, now)]
        if channel is not None:
            key = (method, channel)
            wanted.append(self._bucket(key, self.channel_burst, CHANNEL_PER_SECOND, now))
        wait = max(bucket.wait() for bucket in wanted)
        if wait == 0:
            for bucket in wanted:
                bucket.level -= 1.0
        return wait

    def _bucket(self, key: tuple[str, str], capacity: float, rate: float, now: float) -> Bucket:
        bucket = self.buckets.setdefault(key, Bucket(capacity, rate, capacity, now))
        bucket.refill(now)
        return bucket
