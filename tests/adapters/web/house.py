"""The browser chat over HTTP on memory: the real core, relay and pages, a clock that is set."""

import asyncio
import random
import re
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import aiohttp
import uvicorn
from starlette.applications import Starlette

from adapters.ai.offline import OfflineUnderstanding
from adapters.ears import Ears
from adapters.outbox import Relay
from adapters.sealing import FileSealer
from adapters.voice import voice
from adapters.web import parse, seed
from adapters.web.app import WebPlatform
from bot.heard import Heard
from bot.messages import Answer
from bot.ports import Tools, UnitOfWork, UnitsOfWork
from storage.memory import MemoryStorage

T = TypeVar("T")
KEY = b"house" * 8
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


class Ear(Ears):
    """The real way in, which a test can make answer something else or fail."""

    def __init__(self, units: UnitsOfWork, tools: Tools, *, clock: Callable[[], datetime]) -> None:
        super().__init__(units, tools, clock=clock)
        self.scripted: Callable[[Heard], Answer] | None = None
        self.fault: Exception | None = None
        self.heard: list[Heard] = []

    async def hear(self, event: Heard) -> Answer:
        """Note the event, then let the script or the core answer."""
        self.heard.append(event)
        return self.scripted(event) if self.scripted else await super().hear(event)

    async def run(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run it, unless the database is away or broken."""
        if self.fault is not None:
            raise self.fault
        return await super().run(work)


@dataclass(slots=True)
class House:
    """A running browser chat."""

    store: MemoryStorage
    tools: Tools
    ears: Ear
    web: WebPlatform
    address: str = ""
    client: aiohttp.ClientSession = field(default=None)  # type: ignore[assignment]
    resets: int = 0

    def stored(self, look: Callable[[UnitOfWork], T]) -> T:
        """Look into the store."""
        with self.store.units() as uow:
            return look(uow)

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Load a page."""
        async with self.client.get(self.address + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(
        self,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        headers: dict[str, str] | None = None,
        script: bool = True,
        page: str = "/",
    ) -> tuple[int, str]:
        """Post as the page does: its token, a fresh key, its own origin."""
        _, html = await self.get(page)
        token = re.search(r'name="token" value="([^"]+)"', html)
        sent = {"token": token[1] if token else "", "key": secrets.token_hex(8)} | (fields or {})
        known = {"Origin": self.address, "Content-Type": "application/x-www-form-urlencoded"}
        known |= {"HX-Request": "true"} if script else {}
        async with self.client.post(
            self.address + path,
            data=BytesIO(urlencode(sent).encode()),  # a long text sent at once would warn
            headers=known | (headers or {}),
            allow_redirects=False,
        ) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[House]:
    """Run a browser chat whose people have said nothing yet for as long as the block runs."""
    store = MemoryStorage()
    tools = Tools(
        voice=voice,
        understanding=OfflineUnderstanding(),
        sealer=FileSealer(folder / "keys"),
        new_id=lambda: secrets.token_hex(16),
        shuffle=secrets.SystemRandom().shuffle,
        cio=frozenset({seed.CIO_ACCOUNT}),
    )
    ticks = iter(range(10**6))

    def clock() -> datetime:
        return NOON + timedelta(milliseconds=next(ticks))

    ears = Ear(store.units, tools, clock=clock)

    async def reset() -> None:
        house.resets += 1

    web = WebPlatform(ears, key=KEY, reset=reset, clock=clock)
    house = House(store=store, tools=tools, ears=ears, web=web)
    with store.units() as uow:
        seed.hire(uow, random.Random(1))  # noqa: S311 - ids of fictional people
        uow.commit()
    relay = Relay(store.units, [web.sender], tools, owner="house", clock=clock)
    store.on_commit = relay.nudge
    relaying = asyncio.create_task(relay.run())
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=web.routes), log_config=None, lifespan="off")
        )
        serving = asyncio.create_task(server.serve(sockets=[door]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
            await asyncio.sleep(0.01)
        house.address = f"http://127.0.0.1:{door.getsockname()[1]}"
        jar = aiohttp.CookieJar(unsafe=True)  # addresses without a name may hold cookies here
        async with aiohttp.ClientSession(cookie_jar=jar) as house.client:
            await web.start()
            yield house
            await web.stop()
        server.should_exit = True
        await serving
    await relay.stop()
    with suppress(asyncio.CancelledError):
        await relaying
    ears.close()


def last_words(house: House, conversation: str) -> str:
    """Return the newest words a person wrote in a conversation."""
    lines = house.stored(lambda uow: uow.chat.lines(parse.channel_id(conversation), 50))
    return next((line.words for line in reversed(lines) if line.words), "")
