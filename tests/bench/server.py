"""The product as people start it: `groundswell serve` in a process of its own."""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from tests.bench.children import environment
from tests.repository import ROOT

PATIENCE = 60.0
POLL = 0.01
_TAIL = 3_000


@dataclass(frozen=True, slots=True)
class Served:
    """A server that is ready; `seconds` from the command to the first good answer."""

    url: str
    process: psutil.Process
    seconds: float


def command() -> list[str]:
    """Return the installed command, or the same without an installation."""
    installed = Path(sys.executable).with_name("groundswell")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "adapters.cli"]


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def migrate(settings: Mapping[str, str]) -> None:
    """Make the schema, as the operator does before the first start."""
    subprocess.run(
        [*command(), "migrate"],
        env=environment(settings),
        cwd=ROOT,
        check=True,
        capture_output=True,
    )


@asynccontextmanager
async def serving(settings: Mapping[str, str]) -> AsyncIterator[Served]:
    """Run the server until the block ends."""
    port = free_port()
    named = dict(settings) | {"GROUNDSWELL_PORT": str(port), "GROUNDSWELL_HOST": "127.0.0.1"}
    with tempfile.TemporaryFile(mode="w+") as said:
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *command(), "serve", env=environment(named), cwd=ROOT, stdout=said, stderr=said
        )
        try:
            url = f"http://127.0.0.1:{port}"
            async with aiohttp.ClientSession() as session:
                while not await _ready(session, url):
                    if process.returncode is not None or time.perf_counter() > began + PATIENCE:
                        said.seek(0)
                        raise AssertionError(f"not ready:\n{said.read()[-_TAIL:]}")
                    await asyncio.sleep(POLL)
            seconds = time.perf_counter() - began
            yield Served(url, psutil.Process(process.pid), seconds)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
