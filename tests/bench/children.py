"""Sides in processes of their own: asked line by line in JSON, measured by nobody else's work."""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.repository import ROOT

ANSWER_SECONDS = 120.0
_TAIL = 3_000


class ChildFailedError(Exception):
    """A side ended or said nothing; the message holds the end of what it wrote."""


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without the settings of whoever runs the benchmark."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}
    return kept | dict(more)


class Child:
    """One side."""

    def __init__(self, side: str, settings: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self._side = side
        self._log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed in `close`
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.side", side],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env=environment(settings),
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


@contextmanager
def child(side: str, settings: Mapping[str, str] | None = None, **options: Any) -> Iterator[Child]:  # noqa: ANN401
    """Run a side for as long as the block lasts; settings are environment variables."""
    running = Child(side, settings or {}, options)
    try:
        yield running
    finally:
        running.close()
