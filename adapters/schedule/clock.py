"""Ticks: each calls one idempotent query-and-act function, and one failure stops no other."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.ports import Unavailable

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Something to do every so many seconds."""

    name: str
    seconds: float
    act: Callable[[], Awaitable[None]]


class Clock:
    """Run ticks in the running event loop until stopped."""

    def __init__(self, *ticks: Tick) -> None:
        """Take the ticks; none runs before ``start``."""
        # misfire_grace_time=None: a busy loop delays a tick, it never drops one.
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for tick in ticks:
            self._scheduler.add_job(
                _guarded(tick), IntervalTrigger(seconds=tick.seconds, timezone=UTC), id=tick.name
            )

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


def _guarded(tick: Tick) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await tick.act()
        except Unavailable as error:
            log.warning("tick_waits", tick=tick.name, reason=str(error))
        except Exception as error:  # noqa: BLE001 - the next tick tries again; others go on
            log.error("tick_failed", tick=tick.name, kind=type(error).__name__)  # noqa: TRY400 - a traceback may hold words

    return run
