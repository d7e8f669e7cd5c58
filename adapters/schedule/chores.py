"""What the ticks do. Each chore asks the tables what is due and may run any number of times."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from adapters.ears import Ears
from adapters.schedule.clock import Tick
from bot.announcements import handlers as announcements
from bot.ports import Tools
from bot.pulses import handlers as pulses

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

    def ticks(self, haste: float = 1.0) -> tuple[Tick, ...]:
        """Return when to do what; ``haste`` makes cards follow so many times faster."""
        return (
            Tick(name="close waves", seconds=2 / haste, act=self.close_waves),
            Tick(name="count pulses", seconds=5 / haste, act=self.count_pulses),
            Tick(name="count deliveries", seconds=1 / haste, act=self.count_deliveries),
            Tick(name="forget keys", seconds=3600, act=self.forget_keys),
        )

    async def close_waves(self) -> None:
        """Open the boxes of closing waves, wipe their traces, destroy the key, show results.

        The order matters: results are shown only once nothing is left that could link them. A
        crash at any line leaves the wave closing, and the next tick goes on.
        """
        waves = await self._ears.run(lambda uow: pulses.open_boxes(uow, self._tools))
        if not waves:
            return
        await asyncio.to_thread(self._vacuum)
        for wave in waves:
            await asyncio.to_thread(self._tools.sealer.destroy, wave.public_key)
            await self._ears.run(partial(pulses.finish, wave_id=wave.id, tools=self._tools))

    async def count_pulses(self) -> None:
        """Bring live cards up to date and stop waves whose time is over."""
        await self._ears.run(lambda uow: pulses.keep_live(uow, self._tools, self._clock()))

    async def count_deliveries(self) -> None:
        """Bring authors' cards up to date."""
        await self._ears.run(lambda uow: announcements.keep_counting(uow, self._tools))

    async def forget_keys(self) -> None:
        """Forget the keys of events that no platform sends again."""
        await self._ears.run(lambda uow: uow.handled.purge(self._clock() - KEYS_KEPT))
