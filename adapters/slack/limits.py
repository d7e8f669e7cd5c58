"""Slack's figures, and the buckets that keep our calls within them.

Sources: Block Kit reference pages; where pages and libraries differ, the lower figure. Budgets
per minute: the constants of Slack's Java SDK (`MethodsRateLimits.java`). Messages: one per second
and channel (rate limit page).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# --- ingress -------------------------------------------------------------------------------

MAX_BODY = 1024 * 1024
"""The largest request we read; Slack's own payloads stay far below (aiohttp's default)."""
MAX_FORM_FIELDS = 100
"""A command has about fifteen fields; ours."""
CALL_SECONDS = 10.0
"""Longest wait for one call of the Web API; ours."""
CONNECT_SECONDS = 5.0
"""Longest wait for a connection, so that "nothing was sent" is known as such; ours."""
ANSWER_SECONDS = 2.2
"""Longest call within a request that Slack wants acknowledged in three seconds; ours."""
INSTALL_SECONDS = 600
"""How long a started installation may take; ours."""

# --- Block Kit -----------------------------------------------------------------------------

BLOCKS = {"message": 50, "modal": 100, "home": 100}
CHARACTERS = 12_500
"""Text of all blocks. Slack refuses messages near 13,200 characters (bolt-js issue 2509)."""
TEXT = 40_000
"""Slack cuts the top-level text above this."""
HEADER = 150
PLAIN_TEXT = 3_000
CONTEXT = 2_000
LABEL = HINT = 2_000
BUTTON = ACCESSIBILITY_LABEL = 75
OPTION = 75
OPTION_VALUE = 150
OPTIONS = OPTION_GROUPS = 100
RADIOS = 5
"""More than five buttons below each other are harder to scan than a menu; ours (Slack: 10)."""
CHECKBOXES = 10
ACTIONS = 25
BUTTON_VALUE = 2_000
ID = 255
PRIVATE_METADATA = 3_000
VIEW_TITLE = 24
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
INPUT = 3_000
URL = 3_000
FACTS = 60
"""Facts shown of one list; ours."""
LINES = 120
"""Lines of a table or chart written as text; ours."""
CHARTS = 2
CHART_TITLE = 50
CHART_LABEL = 20
CHART_AXIS = 50
CHART_SERIES = 6
CHART_CATEGORIES = 20
TABLES = 1
TABLE_ROWS = 100
"""Below a data_table's header; Slack's page says 101 with it."""
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000
TABLE_CELL = 500
"""Longest cell; ours."""

# --- pace ----------------------------------------------------------------------------------

PER_MINUTE = {
    "apps.connections.open": 1,
    "auth.test": 600,
    "chat.postMessage": 300,
    "chat.update": 50,
    "conversations.info": 50,
    "conversations.open": 50,
    "oauth.v2.access": 100,
    "users.info": 100,
    "views.open": 100,
    "views.push": 100,
    "views.publish": 100,
    "views.update": 100,
}
OTHER_PER_MINUTE = 20
MARGIN = 0.9
"""Ten percent below the limit: at the limit itself requests are refused now and then."""
CHANNEL_SECONDS = 1.05
"""One message per second and channel, with a margin for the way there."""
BURST_SECONDS = 6.0
"""How much of its budget a bucket saves up: a tenth of a minute's; ours."""
_MOST_KEYS = 10_000


@dataclass(slots=True)
class _Bucket:
    """When the next call is free, by virtual scheduling; ``paused_until`` after a refusal."""

    every: float
    burst: float
    free_at: float = 0.0
    paused_until: float = 0.0

    def reserve(self, now: float) -> float:
        """Take the next place and return when it is."""
        start = max(self.free_at, now - self.burst)
        self.free_at = start + self.every
        return start


class Pace:
    """Delay calls so that Slack need not refuse them; one per process.

    A bucket per workspace and method, and one per channel for messages. A call that must wait
    waits here; it does not fail.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take a clock and a way to wait that tests may set."""
        self._clock = clock
        self._sleep = sleep
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    async def turn(self, workspace: str, method: str, channel: str = "") -> None:
        """Wait until a call may go out."""
        buckets = [self._bucket(workspace, method)]
        if channel:
            buckets.append(self._channel(workspace, channel))
        due = max(bucket.reserve(self._clock()) for bucket in buckets)
        wait = due - self._clock()
        if wait > 0:
            await self._sleep(wait)

    def pause(self, workspace: str, method: str, seconds: float) -> None:
        """Let the whole bucket wait: Slack refused one call for this long."""
        bucket = self._bucket(workspace, method)
        bucket.paused_until = max(bucket.paused_until, self._clock() + seconds)

    def paused(self, workspace: str, method: str) -> float:
        """Return how many seconds of a pause are left.

        A pause is not waited for here: what waits belongs back into the queue, uncounted.
        """
        return max(0.0, self._bucket(workspace, method).paused_until - self._clock())

    def _bucket(self, workspace: str, method: str) -> _Bucket:
        every = 60.0 / (PER_MINUTE.get(method, OTHER_PER_MINUTE) * MARGIN)
        return self._kept((workspace, method), every, BURST_SECONDS)

    def _channel(self, workspace: str, channel: str) -> _Bucket:
        return self._kept((workspace, f"#{channel}"), CHANNEL_SECONDS, 0.0)

    def _kept(self, key: tuple[str, str], every: float, burst: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= _MOST_KEYS:
                self._forget()
            bucket = self._buckets[key] = _Bucket(
                every=every, burst=burst, free_at=self._clock() - burst
            )
        return bucket

    def _forget(self) -> None:
        """Drop the buckets that hold nobody back any more."""
        now = self._clock()
        self._buckets = {
            key: bucket
            for key, bucket in self._buckets.items()
            if max(bucket.free_at, bucket.paused_until) > now - bucket.burst
        }
