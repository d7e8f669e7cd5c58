"""The relay: claims what is due, ends the transaction, sends, records what became of it.

A row is claimed in one short transaction and settled in another; between the two nothing is held
but a lease. A process that dies in between leaves rows whose lease runs out: a post among them
becomes *unknown*, because nobody can say whether it arrived; everything else is done again.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import structlog

from adapters import metrics
from bot.delivery import (
    Found,
    Op,
    Outcome,
    Outgoing,
    Unanswered,
    next_step,
)
from bot.heard import platform_of
from bot.messages import ToChannel, ToPerson
from bot.people import handlers as people
from bot.ports import Tools, Unavailable, UnitOfWork, UnitsOfWork

LEASE = timedelta(seconds=120)
IN_FLIGHT = 40
SWEEP = 1.0
GAP = 0.02  # seconds between two claims, so that the nudges of many requests become one
_PATIENCE = (0.2, 0.5, 1, 2, 4, 8, 16, 16, 16, 16)

log = structlog.get_logger()
T = TypeVar("T")


class Sender(Protocol):
    """One platform's way out; ``send.py`` of each platform implements it."""

    @property
    def platform(self) -> str:
        """Return the first word of this platform's ids, for instance "slack"."""
        ...

    async def send(self, item: Outgoing) -> Outcome:
        """Do what ``item`` asks; map every answer of the platform to one outcome."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class Relay:
    """Empty the outbox through the senders; any number of relays may share one database."""

    def __init__(
        self,
        units: UnitsOfWork,
        senders: Sequence[Sender],
        tools: Tools,
        *,
        owner: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        dice: random.Random | None = None,
    ) -> None:
        """Take storage, senders and a name that no other relay has."""
        self._units = units
        self._senders = {sender.platform: sender for sender in senders}
        self._tools = tools
        self._owner = owner
        self._clock = clock
        self._dice = dice or random.SystemRandom()
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="relay")
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flying: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._over = asyncio.Event()
        self._over.set()

    def nudge(self) -> None:
        """Say that rows may be due; may be called from any thread, and may be lost."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Relay until ``stop``; a database that is away for a while only delays it."""
        self._loop = asyncio.get_running_loop()
        self._over.clear()
        try:
            while not self._stopping:
                self._wake.clear()
                if not await self._claim_patiently():
                    await self._rest()
                await asyncio.sleep(GAP)
        finally:
            self._over.set()

    async def stop(self, patience: float = 15.0) -> None:
        """Claim no more, finish what is on its way, then let go."""
        self._stopping = True
        self._wake.set()
        await self._over.wait()  # a claim under way still adds to what flies
        if self._flying:
            await asyncio.wait(self._flying, timeout=patience)
        self._pool.shutdown(wait=True)

    async def drain(self) -> None:
        """Send until nothing is due and nothing is on its way; for commands and tests."""
        self._loop = asyncio.get_running_loop()
        while await self._claim() or self._flying:
            if self._flying:
                await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)

    async def expire(self, *, alone: bool = False) -> None:
        """Give up leases that ran out; with ``alone``, all of them.

        Who starts as the only process of a database knows that the others are dead, and need not
        let people wait for their leases.
        """
        now = self._clock() + (LEASE if alone else timedelta())
        lost = await self._in_pool(lambda uow: uow.outbox.expire(now))
        if lost:
            log.warning("leases_ran_out", rows=lost)

    async def _claim_patiently(self) -> int:
        try:
            return await self._claim()
        except Unavailable as error:
            log.warning("outbox_waits", reason=str(error))
        except Exception as error:  # noqa: BLE001 - the relay must outlive any one claim
            log.error("outbox_failed", kind=type(error).__name__)  # noqa: TRY400 - a traceback may hold words
        return 0

    async def _claim(self) -> int:
        free = IN_FLIGHT - len(self._flying)
        if free <= 0:
            return 0
        now = self._clock()
        items = await self._in_pool(
            lambda uow: uow.outbox.claim(
                owner=self._owner,
                now=now,
                lease_until=now + LEASE,
                limit=free,
                lanes=tuple(self._senders),
            )
        )
        for item in items:
            task = asyncio.create_task(self._deliver(item))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        return len(items)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("settling_failed", kind=type(task.exception()).__name__)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(SWEEP):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _deliver(self, item: Outgoing) -> None:
        platform = platform_of(_place(item))
        outcome = await self._sent(self._senders[platform], item)
        name = type(outcome).__name__.lower()
        metrics.delivered.labels(platform, item.op.value, name).inc()
        step = next_step(item, outcome, now=self._clock(), jitter=self._dice.random())
        log.info(
            "sent",
            row=item.id,
            op=item.op.value,
            platform=platform,
            outcome=name,
            state=step.state.value,
            reason=step.reason,
        )

        def settle(uow: UnitOfWork) -> None:
            if isinstance(outcome, Found) and item.op is Op.LOOKUP:
                self._learn(uow, item, outcome)
            uow.outbox.settle(item, step, owner=self._owner, now=self._clock())

        await self._settle(settle)

    async def _sent(self, sender: Sender, item: Outgoing) -> Outcome:
        try:
            return await sender.send(item)
        except Exception as error:  # noqa: BLE001 - a sender must never lose a row; it is told below
            # Nobody can say how far it came, so it counts as sent but not answered.
            log.error("sender_failed", row=item.id, kind=type(error).__name__)  # noqa: TRY400 - a traceback may hold words
            return Unanswered(reason=f"defect:{type(error).__name__}")

    async def _settle(self, settle: Callable[[UnitOfWork], None]) -> None:
        """Write an outcome, waiting for a database that is away: it must not be forgotten."""
        for wait in _PATIENCE:
            try:
                await self._in_pool(settle)
            except Unavailable:
                await asyncio.sleep(wait)
            else:
                return
        await self._in_pool(settle)

    def _learn(self, uow: UnitOfWork, item: Outgoing, found: Found) -> None:
        match item.to:
            case ToPerson(account=account):
                people.learn(uow, account, found.profile, self._tools)
            case ToChannel(channel=channel):
                people.learn_channel(uow, channel, found.channel_name)

    async def _in_pool(self, work: Callable[[UnitOfWork], T]) -> T:
        def run() -> T:
            with self._units() as uow:
                result = work(uow)
                uow.commit()
                return result

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)


def _place(item: Outgoing) -> str:
    match item.to:
        case ToPerson(account=account):
            return account
        case ToChannel(channel=channel):
            return channel
