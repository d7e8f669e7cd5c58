"""Sides in processes of their own: asked line by line in JSON, measured by nobody else's work."""

import asyncio
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

import uvloop

from tests.bench.side import Side, made
from tests.repository import ROOT

ANSWER_SECONDS = 120.0
_TAIL = 3_000
T = TypeVar("T")


class ChildFailedError(Exception):
    """A side ended or said nothing; the message holds the end of what it wrote."""


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without the settings of whoever runs the benchmark.

    Compiled modules are kept between starts, as they are wherever the product runs.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | dict(more)


class Child:
    """One side."""

    def __init__(self, side: str, settings: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self._side = side
        self._log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed in `close`
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.side", side, json.dumps(dict(settings))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env=environment({}),
        )
        self._started: list[Any] = []
        self._send("start", options)

    @property
    def started(self) -> Any:  # noqa: ANN401 - JSON
        """Wait until the side is ready; return what its `start` returned.

        Nobody waits before, so that sides import what they need at the same time.
        """
        if not self._started:
            self._started.append(self._receive("start"))
        return self._started[0]

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def ask(self, what: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Call a method of the side and return what it returns."""
        assert self.started is self._started[0]
        self._send(what, arguments)
        return self._receive(what)

    def _send(self, what: str, arguments: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([what, arguments]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ChildFailedError(self._tail()) from None

    def _receive(self, what: str) -> Any:  # noqa: ANN401 - JSON
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], ANSWER_SECONDS)[0]:
            raise ChildFailedError(f"{what}: no answer; {self._tail()}")
        line = self._process.stdout.readline()
        if not line:
            raise ChildFailedError(f"{what}: {self._tail()}")
        return json.loads(line)

    def close(self) -> None:
        """End the process and wait for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def _tail(self) -> str:
        self._log.seek(0)
        return f"the side {self._side!r} ended:\n{self._log.read()[-_TAIL:]}"


class Neighbour:
    """One side in a thread of this process: what the benchmarks' own tests use, to be quick."""

    def __init__(self, side: str, settings: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"side-{side}")
        self._thread.start()
        self._side = self._run(_made(side, settings))
        self.started = self.ask("start", **options)

    def ask(self, what: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Call a method of the side and return what it returns."""
        passed = json.loads(json.dumps(arguments))
        return json.loads(json.dumps(self._run(getattr(self._side, what)(**passed))))

    def close(self) -> None:
        """End the thread and wait for it."""
        self._run(self._side.stop())
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_SECONDS)


async def _made(side: str, settings: Mapping[str, str]) -> Side:
    return made(side, settings)


Started: TypeAlias = Child | Neighbour


class Kind(Protocol):
    """A way to run a side."""

    def __call__(
        self, side: str, settings: Mapping[str, str], options: Mapping[str, Any], /
    ) -> Started:
        """Start it."""
        ...


DEFAULT: list[Kind] = [Child]


@contextmanager
def child(
    side: str,
    settings: Mapping[str, str] | None = None,
    **options: Any,  # noqa: ANN401 - what the side's `start` takes
) -> Iterator[Started]:
    """Run a side for as long as the block lasts; settings are those of the environment."""
    running = DEFAULT[-1](side, settings or {}, options)
    try:
        yield running
    finally:
        running.close()


@contextmanager
def nearby() -> Iterator[None]:
    """Run sides in threads of this process for as long as the block lasts."""
    DEFAULT.append(Neighbour)
    try:
        yield
    finally:
        DEFAULT.pop()
