"""What the ticks do. Each chore asks the tables what is due and may run any number of times."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from adapters.ears import Ears
from adapters.schedule.clock import Tick
from bot.announcements import handlers as announcements
from bot.ports import Tools
from bot.pulses import handlers as pulses
from bot.pulses.model import Wave, WaveId

log = structlog.get_logger()

KEYS_KEPT = timedelta(days=2)  # platforms send again for at most a day (Slack's delayed events)


class Chores:
    """The chores of one instance."""

    def __init__(
        self,
        ears: Ears,
        tools: Tools,
        *,
        vacuum: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        """Take the way into the core, and ``vacuum``, which overwrites deleted rows on disk."""
        self._ears = ears
        self._tools = tools
        self._vacuum = vacuum
        self._clock = clock
        self.stuck: dict[WaveId, str] = {}

    def ticks(self, haste: float = 1.0) -> tuple[Tick, ...]:
        """Return when to do what; ``haste`` makes cards follow so many times faster."""
        return (
            Tick(name="close waves", seconds=2 / haste, act=self.close_waves),
            Tick(name="count pulses", seconds=5 / haste, act=self.count_pulses),
            Tick(name="count deliveries", seconds=1 / haste, act=self.count_deliveries),
            Tick(name="forget keys", seconds=3600, act=self.forget_keys),
        )

    async def close_waves(self) -> None:
        """Close each wave that is to be closed; one that cannot be stops no other."""
        for wave in await self._ears.run(pulses.closing):
            try:
                await self._close(wave)
            except KeyError:
                self.stuck[wave.id] = "its key is missing from the folder of GROUNDSWELL_KEYS"
                log.error("wave_stuck", wave=wave.id, reason=self.stuck[wave.id])  # noqa: TRY400 - the reason says all
            except OSError as error:
                self.stuck[wave.id] = f"its key cannot be used: {error.strerror}"
                log.error("wave_stuck", wave=wave.id, reason=self.stuck[wave.id])  # noqa: TRY400 - the reason says all
            else:
                self.stuck.pop(wave.id, None)

    async def _close(self, wave: Wave) -> None:
        """Open the boxes, wipe their traces, destroy the key, show results.

        The order matters: results are shown only once nothing is left that could link them. A
        crash at any line leaves the wave closing, and the next tick goes on. Opening and masking
        happen outside any transaction, so that nobody waits for them.
        """
        boxes, names, answered = await self._ears.run(lambda uow: pulses.boxes_of(uow, wave))
        if boxes:
            answers = await asyncio.to_thread(
                pulses.opened, boxes, names, answered, wave, self._tools
            )
            await self._ears.run(lambda uow: pulses.publish(uow, wave.id, answers, self._tools))
        await asyncio.to_thread(self._vacuum)
        await asyncio.to_thread(self._tools.sealer.destroy, wave.public_key)
        shown: int | None = 0
        while shown is not None:
            page = partial(pulses.show_results, wave=wave, tools=self._tools, after=shown)
            shown = await self._ears.run(page)
        await self._ears.run(lambda uow: pulses.finish(uow, wave.id, self._tools))

    def health(self) -> dict[str, str]:
        """Return what an operator must do about waves that cannot be closed."""
        found = "; ".join(f"pulse {number}: {words}" for number, words in self.stuck.items())
        return {"pulses": found or "ok"}

    async def count_pulses(self) -> None:
        """Bring live cards up to date and stop waves whose time is over."""
        await self._ears.run(lambda uow: pulses.keep_live(uow, self._tools, self._clock()))

    async def count_deliveries(self) -> None:
        """Bring authors' cards up to date."""
        await self._ears.run(lambda uow: announcements.keep_counting(uow, self._tools))

    async def forget_keys(self) -> None:
        """Forget the keys of events that no platform sends again."""
        await self._ears.run(lambda uow: uow.handled.purge(self._clock() - KEYS_KEPT))
