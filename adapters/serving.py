"""What the commands do: run the instance under uvicorn, the demo, the examination."""

import asyncio
import shutil
import socket
import tempfile
from pathlib import Path

import uvicorn
from pydantic import SecretStr

from adapters import config
from adapters.config import Settings
from adapters.web import seed
from adapters.web.app import WebPlatform
from adapters.wiring import Instance, Platform, storage
from bot.ports import Unavailable
from storage import SchemaProblem, Storage

_TRIES = 50
_WAITING = 128
LOOPBACK = "127.0.0.1"
TO_TRY = (
    "As an employee, write what you need from IT in one sentence, and send it.",
    "As Ines Weber, the CIO, start a pulse; answer it as others; close it and read the results.",
    "As the CIO, draft an announcement, look at the preview, and send it to everyone.",
)


class Blocked(Exception):  # noqa: N818 - named as the fact it states
    """The server cannot listen; the message says why and what to do."""


def serve(instance: Instance) -> None:
    """Run an instance until SIGINT or SIGTERM."""
    settings = instance.settings
    _run(instance, door(settings.host, settings.port, tries=1))


def demo(port: int, folder: Path | None) -> None:
    """Seed and run the demo on loopback, on the first free port from ``port`` on."""
    kept = folder is not None
    home = folder or Path(tempfile.mkdtemp(prefix="groundswell-demo-"))
    home.mkdir(parents=True, exist_ok=True)
    try:
        listening = door(LOOPBACK, port, tries=_TRIES)
        chosen = int(listening.getsockname()[1])
        instance = demo_instance(home, chosen)
        print(f"\n  Groundswell demo: http://{LOOPBACK}:{chosen}/\n\n  Three things to try:")  # noqa: T201 - this is the command's output
        for number, words in enumerate(TO_TRY, 1):
            print(f"    {number}. {words}")  # noqa: T201 - this is the command's output
        print("\n  Ctrl+C stops it.\n", flush=True)  # noqa: T201 - this is the command's output
        try:
            _run(instance, listening)
        finally:
            instance.store.close()
    finally:
        if not kept:
            shutil.rmtree(home, ignore_errors=True)


def demo_instance(home: Path, port: int) -> Instance:
    """Return an instance with the browser chat alone, seeded if its database is new."""
    settings = config.load(
        database_url=f"sqlite:///{home / 'demo.db'}",
        keys=str(home / "keys"),
        host=LOOPBACK,
        port=port,
        cio=(seed.CIO_ACCOUNT,),
        slack_bot_token=SecretStr(""),
        slack_app_token=SecretStr(""),
        slack_signing_secret=SecretStr(""),
        slack_client_id="",
        slack_client_secret=SecretStr(""),
        teams_app_id="",
        teams_app_password=SecretStr(""),
        teams_local=False,
    )
    store = storage(settings)
    store.migrate()
    instance = Instance(settings, store, platforms=_browser)
    seed.seed_if_empty(store.units, instance.tools, instance.clock())
    return instance


def _browser(instance: Instance) -> list[Platform]:
    async def reset() -> None:
        await asyncio.to_thread(start_again, instance)

    web = WebPlatform(
        instance.ears,
        key=instance.key,
        reset=reset,
        nudge=lambda: instance.relay.nudge(),  # noqa: PLW0108 - the relay is made after this
        clock=instance.clock,
    )
    return [web]


def start_again(instance: Instance) -> None:
    """Forget everything and seed the demo anew."""
    instance.store.wipe()
    seed.seed_if_empty(instance.store.units, instance.tools, instance.clock())


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


def _run(instance: Instance, door: socket.socket) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            instance.app(),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
    asyncio.run(server.serve(sockets=[door]))
