"""The product with Slack as its only platform, behind real HTTP, and a workspace around it."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from adapters import config
from adapters.ai.offline import OfflineUnderstanding
from adapters.ears import Ears
from adapters.outbox import Relay
from adapters.sealing import FileSealer
from adapters.slack.app import SlackPlatform
from adapters.slack.limits import Pace
from adapters.voice import voice
from bot.ports import Tools, UnitsOfWork
from storage import Storage, open_storage
from tests.fakes.slack import FakeSlack

KEY = b"k" * 32
SECRET = "s" * 40


async def at_once(_seconds: float) -> None:
    """Wait for nothing: tests do not pace themselves."""


def settings_for(slack: FakeSlack, keys: Path, **more: object) -> config.Settings:
    """Return the settings that connect the product to the fake."""
    named: dict[str, object] = {
        "secret_key": SECRET,
        "keys": str(keys),
        "public_url": "http://127.0.0.1:1",
        "slack_api_url": slack.api_url,
        "slack_bot_token": slack.token,
        "slack_signing_secret": slack.signing_secret,
        "cio": ("slack:T1:U1",),
    }
    return config.load(**{**named, **more})


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


@dataclass(frozen=True, slots=True)
class House:
    """The product, the workspace, and where the product listens."""

    slack: FakeSlack
    store: Storage
    platform: SlackPlatform
    ears: Ears
    address: str

    @property
    def units(self) -> UnitsOfWork:
        return self.store.units

    def needs(self) -> list[str]:
        """Return the words of all needs that were sent."""
        with self.units() as uow:
            people = {reach.person for reach in uow.people.reachable()}
            return sorted(need.words for one in people for need in uow.needs.of(one))

    async def settled(self) -> None:
        """Wait until nothing is left to send."""

        def nothing_due() -> bool:
            with self.units() as uow:
                return uow.outbox.next_due() is None

        await self.slack.until(nothing_due)


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """Serve an application on a free port of loopback."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    door.listen()  # from here on connections wait, so nobody needs to
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        door.close()


@asynccontextmanager
async def running(
    slack: FakeSlack, store: Storage, keys: Path, **more: object
) -> AsyncIterator[House]:
    """Run the product behind the fake: over HTTP, or over a socket with an app token."""
    settings = settings_for(slack, keys, **more)

    def now() -> datetime:
        return datetime.fromtimestamp(slack.clock.now(), UTC)

    ears = Ears(store.units, tools(settings), clock=now)
    pace = Pace(sleep=at_once)
    platform = SlackPlatform(settings, ears, key=KEY, pace=pace, now=now)
    relay = Relay(store.units, [platform.sender], tools(settings), owner="test", clock=now)
    store.on_commit = relay.nudge
    async with served(Starlette(routes=platform.routes)) as address:
        slack.deliver_to(address)
        await platform.start()
        if settings.slack_app_token.get_secret_value():
            slack.over_socket()
            await slack.until(lambda: slack.links)
        relaying = asyncio.create_task(relay.run())
        try:
            yield House(slack, store, platform, ears, address)
        finally:
            await platform.stop()
            await relay.stop()
            await relaying
            await platform.sender.close()
            ears.close()


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    """Run a workspace, and demand at the end that nothing was done wrong in it."""
    async with FakeSlack() as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def memory() -> Storage:
    """Open an empty store in this process's memory."""
    return open_storage("memory:")


@pytest.fixture
async def house(slack: FakeSlack, memory: Storage, tmp_path: Path) -> AsyncIterator[House]:
    """Run the product over HTTP with a store in memory."""
    async with running(slack, memory, tmp_path) as made:
        yield made


@pytest.fixture(params=["http", "socket"])
async def either(
    request: pytest.FixtureRequest, slack: FakeSlack, memory: Storage, tmp_path: Path
) -> AsyncIterator[House]:
    """Run the product in HTTP mode and in Socket Mode."""
    more = {"slack_app_token": slack.app_token} if request.param == "socket" else {}
    async with running(slack, memory, tmp_path, **more) as made:
        yield made
