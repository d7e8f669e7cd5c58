"""Serve an instance in this process, or start the command as an operator does."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import uvicorn

from adapters import config
from adapters.wiring import Instance
from storage import Storage

ROOT = Path(__file__).parents[2]
PREFIX = "GROUNDSWELL_"
SECRET = "0123456789abcdef" * 2


@asynccontextmanager
async def serve(
    store: Storage, keys: Path, settings: Mapping[str, str]
) -> AsyncIterator[tuple[str, Instance]]:
    """Run everything that one process runs, on a free port of loopback."""
    named = {name.removeprefix(PREFIX).lower(): value for name, value in settings.items()}
    named["cio"] = tuple(named.get("cio", "").split())  # type: ignore[assignment]
    chosen = config.load(**{"secret_key": SECRET, "keys": str(keys), **named})
    instance = Instance(chosen, store, haste=20)
    async with listening(instance) as address:
        yield address, instance


@asynccontextmanager
async def listening(instance: Instance) -> AsyncIterator[str]:
    """Let an instance listen on a free port of loopback, from start to a polite end."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    door.listen()  # from here on connections wait, so nobody needs to
    server = uvicorn.Server(uvicorn.Config(instance.app(), log_config=None))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    address = f"http://127.0.0.1:{door.getsockname()[1]}"
    try:
        await until_ready(address, serving)
        yield address
    finally:
        server.should_exit = True
        await serving
        door.close()


async def until_ready(address: str, serving: asyncio.Task[None]) -> None:
    """Wait for the first answer; the request waits in the open door until there is one."""
    async with (
        asyncio.timeout(60),
        aiohttp.ClientSession() as session,
        session.get(f"{address}/healthz") as answer,
    ):
        assert answer.status == 200
    assert not serving.done()


@dataclass(slots=True)
class Command:
    """`groundswell serve` as a process of its own, started again after each kill."""

    folder: Path
    settings: Mapping[str, str]
    process: asyncio.subprocess.Process | None = None
    port: int = field(default_factory=lambda: free_port())  # noqa: PLW0108 - defined below

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return what an operator would set."""
        return {
            **os.environ,
            "GROUNDSWELL_DATABASE_URL": f"sqlite:///{self.folder / 'groundswell.db'}",
            "GROUNDSWELL_KEYS": str(self.folder / "keys"),
            "GROUNDSWELL_SECRET_KEY": SECRET,
            "GROUNDSWELL_PORT": str(self.port),
            **self.settings,
        }

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it wrote."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "adapters.cli",
            *arguments,
            cwd=ROOT,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode()

    async def start(self) -> None:
        """Serve, and wait until it is ready."""
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "adapters.cli",
                "serve",
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                assert self.process.returncode is None, self.log()
                try:
                    async with session.get(f"{self.address}/readyz") as answer:
                        assert answer.status == 200, await answer.text()
                        return
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)  # a foreign process's port gives no event

    async def kill(self) -> None:
        """End it as a power cut does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """End it as an operator does; return its exit code."""
        return await self._end(signal.SIGTERM)

    def log(self) -> str:
        """Return everything it wrote."""
        return (self.folder / "log").read_text()

    async def _end(self, by: signal.Signals) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(by)
        async with asyncio.timeout(30):
            return await self.process.wait()


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
