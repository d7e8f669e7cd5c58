"""How fast we write to Teams: a bucket per tenant, windows per conversation.

Waiting here is short and fair; what would wait longer goes back to the queue.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Final

from adapters.teams.limits import CONVERSATION, LONGEST_WAIT, TENANT_PER_SECOND

_REMEMBERED: Final = 10_000


class Pace:
    """Gives out times at which to send; each call books its own."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        per_second: float = TENANT_PER_SECOND,
    ) -> None:
        """Take a clock and a way to wait; tests set both."""
        self._clock = clock
        self._sleep = sleep
        self._gap = 1.0 / per_second
        self._next: dict[str, float] = {}
        self._sent: OrderedDict[str, deque[float]] = OrderedDict()

    async def turn(self, tenant: str, conversation: str = "") -> float:
        """Wait for a turn and return 0, or return the seconds to wait where that is too long."""
        now = self._clock()
        # The bucket holds one second's worth: a burst after a pause is what the limit allows.
        at = max(self._next.get(tenant, 0.0), now - 1.0) + self._gap
        start = max(now, at, self._free(conversation, now))
        if start - now > LONGEST_WAIT:
            return start - now
        self._next[tenant] = at
        if conversation:
            self._book(conversation, start)
        if start > now:
            await self._sleep(start - now)
        return 0.0

    def _free(self, conversation: str, now: float) -> float:
        """Return when the windows of a conversation have room."""
        sent = self._sent.get(conversation, ())
        return max(
            (sent[-most] + seconds for most, seconds in CONVERSATION if len(sent) >= most),
            default=now,
        )

    def _book(self, conversation: str, at: float) -> None:
        sent = self._sent.setdefault(conversation, deque(maxlen=CONVERSATION[-1][0]))
        sent.append(at)
        self._sent.move_to_end(conversation)
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
