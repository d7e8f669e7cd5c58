"""What the commands do: run an instance under uvicorn, and examine one."""

import asyncio
import signal
import socket
import tempfile
from pathlib import Path

import uvicorn

from adapters.config import Settings
from adapters.wiring import Instance
from bot.ports import Unavailable
from storage import SchemaProblem, Storage

_WAITING = 128


class Blocked(Exception):  # noqa: N818 - named as the fact it states
    """The server cannot listen; the message says why and what to do."""


def serve(instance: Instance) -> None:
    """Run an instance until SIGINT or SIGTERM."""
    settings = instance.settings
    run(instance, door(settings.host, settings.port, tries=1))


def _heard(_number: int, _frame: object) -> None:
    """Do nothing: the server has stopped already."""


def examine(settings: Settings, store: Storage) -> dict[str, str]:
    """Return what ``groundswell doctor`` shows: "ok …" or what to do, by name."""
    found = {"settings": "ok"}
    try:
        store.ping()
        store.check()
        found["database"] = "ok"
    except (SchemaProblem, Unavailable) as fault:
        found["database"] = str(fault)
    keys = Path(settings.keys)
    found["keys"] = _writable(keys)
    found["cio"] = "ok" if settings.cio else "nobody is named; set GROUNDSWELL_CIO"
    found["slack"] = "ok" if settings.slack else "ok, not connected"
    found["teams"] = "ok" if settings.teams else "ok, not connected"
    return found


def _writable(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return "ok"
    except OSError as fault:
        return f"cannot write to {folder}: {fault.strerror}; set GROUNDSWELL_KEYS to a folder"


def door(host: str, port: int, *, tries: int) -> socket.socket:
    """Listen on the first free port."""
    for number in range(port, port + tries):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host, number))
            opened.listen(_WAITING)
        except OSError:
            opened.close()
        else:
            return opened
    raise Blocked(
        f"Port {port} on {host} cannot be used. Stop what uses it, or set GROUNDSWELL_PORT"
        " (for the demo: --port) to another one."
    )


def run(instance: Instance, opened: socket.socket) -> None:
    """Run an instance on an open socket until SIGINT or SIGTERM, then return."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn stops politely by a handler of its own and then raises the signal again for the
        # one before it: this one, so that what is open is closed and the exit code is 0.
        signal.signal(number, _heard)
    server = uvicorn.Server(
        uvicorn.Config(
            instance.app(),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
    asyncio.run(server.serve(sockets=[opened]))
