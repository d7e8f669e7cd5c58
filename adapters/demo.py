"""The demo: the browser chat alone, on loopback, with a fictional organisation in it."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from pydantic import SecretStr

from adapters import config, serving
from adapters.web import seed
from adapters.web.app import WebPlatform
from adapters.wiring import Instance, Platform, storage

_TRIES = 50
LOOPBACK = "127.0.0.1"
HASTE = 2.0
"""A newcomer looks for a second or two, not for five."""
TO_TRY = (
    "As an employee, write what you need from IT in one sentence, and send it.",
    "As Ines Weber, the CIO, start a pulse; answer it as others; close it and read the results.",
    "As the CIO, draft an announcement, look at the preview, and send it to everyone.",
)


def run(port: int, folder: Path | None) -> None:
    """Seed and run the demo on loopback, on the first free port from ``port`` on."""
    kept = folder is not None
    home = folder or Path(tempfile.mkdtemp(prefix="groundswell-demo-"))
    home.mkdir(parents=True, exist_ok=True)
    try:
        listening = serving.door(LOOPBACK, port, tries=_TRIES)
        chosen = int(listening.getsockname()[1])
        instance = demo_instance(home, chosen)
        print(f"\n  Groundswell demo: http://{LOOPBACK}:{chosen}/\n\n  Three things to try:")  # noqa: T201 - this is the command's output
        for number, words in enumerate(TO_TRY, 1):
            print(f"    {number}. {words}")  # noqa: T201 - this is the command's output
        print("\n  Ctrl+C stops it.\n", flush=True)  # noqa: T201 - this is the command's output
        try:
            serving.run(instance, listening)
        finally:
            instance.store.close()
    finally:
        if not kept:
            shutil.rmtree(home, ignore_errors=True)


def demo_instance(home: Path, port: int, *, haste: float = HASTE) -> Instance:
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
    instance = Instance(settings, store, platforms=_browser, haste=haste)
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
