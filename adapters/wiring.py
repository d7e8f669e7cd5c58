"""The composition root: the only place that knows the core, the storage and all platforms."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from adapters import health
from adapters.ai.offline import OfflineUnderstanding
from adapters.config import Settings
from adapters.ears import Ears
from adapters.outbox import Relay, Sender
from adapters.schedule.chores import Chores
from adapters.schedule.clock import Clock, Tick
from adapters.sealing import FileSealer
from adapters.signing import derive
from adapters.voice import voice
from bot.ports import Tools, Unavailable
from storage import Storage, open_storage

log = structlog.get_logger()


class Platform(Protocol):
    """What every platform gives to the instance."""

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """Return the way in."""
        ...

    @property
    def sender(self) -> Sender:
        """Return the way out."""
        ...

    async def start(self) -> None:
        """Begin to listen; the event loop is running by now."""
        ...

    async def stop(self) -> None:
        """Take nothing in any more."""
        ...

    def health(self) -> dict[str, str]:
        """Return "ok …" or what is wrong, by name."""
        ...


def tools(settings: Settings) -> Tools:
    """Return what the core's handlers may use."""
    return Tools(
        voice=voice,
        understanding=OfflineUnderstanding(),
        sealer=FileSealer(Path(settings.keys)),
        new_id=lambda: secrets.token_hex(16),
        shuffle=secrets.SystemRandom().shuffle,
        cio=frozenset(name.lower() if "@" in name else name for name in settings.cio),
    )


def storage(settings: Settings) -> Storage:
    """Open the database; a SQLite file's folder is made if it is missing."""
    prefix = "sqlite:///"
    if settings.database_url.startswith(prefix):
        Path(settings.database_url.removeprefix(prefix)).parent.mkdir(parents=True, exist_ok=True)
    return open_storage(settings.database_url)


def signing_key(settings: Settings) -> bytes:
    """Return the key that signs what travels through clients.

    Without a secret (only on this machine's own loopback) it lasts as long as the process.
    """
    secret = settings.secret_key.get_secret_value() or secrets.token_hex(32)
    return derive(secret, "cards")


class Instance:
    """Everything that one process runs: requests, relay and clock."""

    def __init__(
        self,
        settings: Settings,
        store: Storage,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        platforms: Callable[["Instance"], Sequence[Platform]] | None = None,
        haste: float = 1.0,
    ) -> None:
        """Put the parts together; nothing runs before ``start``.

        ``haste`` above 1 lets live cards follow faster than people need; tests and demos use it.
        """
        self.settings = settings
        self.store = store
        self.clock = clock
        self.tools = tools(settings)
        self.key = signing_key(settings)
        self.ears = Ears(store.units, self.tools, clock=clock)
        self.platforms = tuple((platforms or connected)(self))
        self.relay = Relay(
            store.units,
            [platform.sender for platform in self.platforms],
            self.tools,
            owner=f"{socket.gethostname()}:{secrets.token_hex(4)}",
            clock=clock,
        )
        store.on_commit = self.relay.nudge
        self.chores = Chores(self.ears, self.tools, vacuum=store.vacuum, clock=clock)
        expire = Tick(name="expire leases", seconds=5, act=self.relay.expire)
        self._clock = Clock(expire, *self.chores.ticks(haste))
        self._relaying: asyncio.Task[None] | None = None

    def app(self) -> Starlette:
        """Return the one ASGI application that carries all routes."""
        routes: list[BaseRoute] = [*health.routes(self.checks)]
        for platform in self.platforms:
            routes += platform.routes

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            await self.start()
            try:
                yield
            finally:
                await self.stop()

        return Starlette(routes=routes, lifespan=lifespan)

    async def start(self) -> None:
        """Begin to relay and to tick, then listen to the platforms."""
        if self.settings.database_url.startswith("sqlite"):
            await self.relay.expire(alone=True)  # one process per file
        self._relaying = asyncio.create_task(self.relay.run(), name="relay")
        self._clock.start()
        for platform in self.platforms:
            await platform.start()

    async def stop(self) -> None:
        """Stop listening, finish what is under way, close connections last.

        The storage stays open: whoever opened it closes it.
        """
        self._clock.stop()
        for platform in self.platforms:
            await platform.stop()
        await self.relay.stop()
        if self._relaying is not None:
            with suppress(asyncio.CancelledError):
                await self._relaying
        for platform in self.platforms:
            await platform.sender.close()
        self.ears.close()

    def checks(self) -> dict[str, str]:
        """Return what ``/readyz`` shows."""
        found = {"database": _database(self.store)}
        if self._relaying is not None and self._relaying.done():
            found["outbox"] = "the relay has stopped; restart the process"
        found |= self.chores.health()
        for platform in self.platforms:
            found |= platform.health()
        return found


def connected(instance: Instance) -> list[Platform]:
    """Return the platforms that the settings connect.

    Only these are imported: the SDKs cost start time and memory that the others need not pay.
    """
    found: list[Platform] = []
    settings, ears, key = instance.settings, instance.ears, instance.key
    if settings.slack:
        slack = import_module("adapters.slack.app")
        found.append(slack.SlackPlatform(settings, ears, key=key))
    if settings.teams:
        teams = import_module("adapters.teams.app")
        found.append(teams.TeamsPlatform(settings, ears, key=key))
    return found


def _database(store: Storage) -> str:
    try:
        store.ping()
    except Unavailable as error:
        return str(error)
    return health.OK
