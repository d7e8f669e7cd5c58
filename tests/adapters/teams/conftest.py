"""A whole instance with Teams on one side and memory or a database on the other."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette

from adapters import config
from adapters.ai.offline import OfflineUnderstanding
from adapters.ears import Ears
from adapters.outbox import Relay
from adapters.sealing import FileSealer
from adapters.teams.app import TeamsPlatform
from adapters.teams.pace import Pace
from adapters.voice import voice
from bot.ports import Tools, UnitsOfWork
from storage import Storage, open_storage
from tests.fakes.teams import FakeTeams

PREFIX = "GROUNDSWELL_"


def settings_for(teams: FakeTeams, keys: Path, **more: object) -> config.Settings:
    """Return the settings that connect the product to the fake."""
    named = {name.removeprefix(PREFIX).lower(): value for name, value in teams.settings.items()}
    return config.load(**{"secret_key": "s" * 40, "keys": str(keys), **named, **more})


@dataclass(frozen=True, slots=True)
class House:
    """The product with Teams as its only platform, and the Teams around it."""

    teams: FakeTeams
    store: Storage
    platform: TeamsPlatform
    app: Starlette

    @property
    def units(self) -> UnitsOfWork:
        return self.store.units


def tools(settings: config.Settings) -> Tools:
    """Return what the core's handlers may use."""
    return Tools(
        voice=voice,
        understanding=OfflineUnderstanding(),
        sealer=FileSealer(Path(settings.keys)),
        new_id=lambda: secrets.token_hex(16),
        shuffle=secrets.SystemRandom().shuffle,
        cio=frozenset(settings.cio),
    )


@asynccontextmanager
async def running(
    teams: FakeTeams, store: Storage, keys: Path, **more: object
) -> AsyncIterator[House]:
    """Run the product behind the fake."""
    settings = settings_for(teams, keys, **more)
    ears = Ears(store.units, tools(settings))
    fast = Pace(per_second=10_000)
    platform = TeamsPlatform(settings, ears, key=b"k" * 32, pace=fast)
    relay = Relay(store.units, [platform.sender], tools(settings), owner="test")
    store.on_commit = relay.nudge
    app = Starlette(routes=platform.routes)
    teams.connect(app)
    await platform.start()
    relaying = asyncio.create_task(relay.run())
    try:
        yield House(teams, store, platform, app)
    finally:
        await platform.stop()
        await relay.stop()
        await relaying
        await platform.sender.close()
        ears.close()


Build = Callable[..., Awaitable[House]]


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    """Build houses that stand until the test ends."""
    async with AsyncExitStack() as stack:

        async def make(
            *, store: Storage | None = None, teams: FakeTeams | None = None, **more: object
        ) -> House:
            fake = teams or FakeTeams()
            if teams is None:
                await stack.enter_async_context(fake)
            memory = store or open_storage("memory:")
            return await stack.enter_async_context(running(fake, memory, tmp_path / "keys", **more))

        yield make


@pytest.fixture
async def house(build: Build) -> House:
    """Build one with memory and signed requests."""
    return await build()
