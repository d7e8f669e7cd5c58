"""The way in: one event, one transaction, one answer.

Database work runs in a bounded pool of threads, never on the event loop. The core is called
through here by every platform, and by nothing else.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

from adapters import metrics
from bot import conversation
from bot.heard import Heard, platform_of
from bot.messages import Answer, Card
from bot.people import cards as people_cards
from bot.ports import Tools, Unavailable, UnitOfWork, UnitsOfWork

T = TypeVar("T")


class Ears:
    """Hear events on behalf of all platforms."""

    def __init__(
        self,
        units: UnitsOfWork,
        tools: Tools,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        threads: int = 8,
    ) -> None:
        """Take the storage, the core's tools and a clock that tests may set."""
        self._units = units
        self._tools = tools
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="ears")

    async def hear(self, event: Heard) -> Answer:
        """Handle an event and commit; raise ``Unavailable`` if nothing could be stored."""
        if conversation.is_untraced(event):
            # Counting these would tell whoever polls the metrics when somebody answered.
            return await self._in_pool(event)
        started = time.perf_counter()
        labels = (platform_of(event.account), type(event).__name__.lower())
        try:
            answer = await self._in_pool(event)
        except Unavailable:
            metrics.heard.labels(*labels, "unavailable").inc()
            raise
        except Exception:
            metrics.heard.labels(*labels, "failed").inc()
            raise
        metrics.heard.labels(*labels, "handled").inc()
        if answer.card is not None and answer.card.name == people_cards.OUT_OF_DATE:
            metrics.outdated.labels(labels[0]).inc()
        metrics.handling.labels(labels[0]).observe(time.perf_counter() - started)
        return answer

    async def _in_pool(self, event: Heard) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hear, event)

    async def run(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run ``work`` in a unit of work of its own, off the event loop, and commit."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work)

    def apology(self, event: Heard) -> Card:
        """Return the card that asks to try again, for when ``hear`` raised."""
        voice = self._tools.voice(event.profile.locale, event.profile.zone)
        return people_cards.try_again(voice)

    def close(self) -> None:
        """Finish what is being handled, then stop."""
        self._pool.shutdown(wait=True)

    def _run(self, work: Callable[[UnitOfWork], T]) -> T:
        with self._units() as uow:
            result = work(uow)
            uow.commit()
            return result

    def _hear(self, event: Heard) -> Answer:
        with self._units() as uow:
            answer = conversation.hear(uow, event, self._tools, self._clock())
            uow.commit()
            return answer
