"""The demo as its command runs it, on a free port, in a thread of this process."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import uvicorn
from playwright.sync_api import Browser, Playwright

from adapters.demo import LOOPBACK, demo_instance
from adapters.web import parse
from adapters.wiring import Instance
from bot import conversation
from bot.actions import Action
from bot.heard import Pressed
from bot.ports import UnitOfWork
from bot.pulses.cards import SCORE
from bot.pulses.model import WaveId

T = TypeVar("T")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A running demo: where it listens, and what it stores."""

    address: str
    instance: Instance

    def stored(self, look: Callable[[UnitOfWork], T]) -> T:
        """Look into the database."""
        with self.instance.store.units() as uow:
            return look(uow)

    def tap(self, person: str, wave: WaveId, score: int) -> None:
        """Let somebody answer a pulse without a browser."""
        place = parse.channel_id(parse.direct(person))
        tapped = Pressed(
            key=f"test:{person}:{wave}",
            account=parse.account_id(person),
            place=place,
            private=True,
            action=Action.PULSE_ANSWER,
            argument=str(wave),
            values={SCORE: (str(score),)},
        )
        with self.instance.store.units() as uow:
            conversation.hear(uow, tapped, self.instance.tools, self.instance.clock())
            uow.commit()

    def until(self, look: Callable[[UnitOfWork], bool]) -> None:
        """Wait until the database shows something; what it is arrives in another thread."""
        end = time.monotonic() + _PATIENCE
        while not self.stored(look):
            assert time.monotonic() < end, "it never came to be stored"
            time.sleep(0.02)


@contextmanager
def running(home: Path) -> Iterator[Demo]:
    """Run a freshly seeded demo for as long as the block runs."""
    with socket.socket() as door:
        door.bind((LOOPBACK, 0))
        port = int(door.getsockname()[1])
        instance = demo_instance(home, port, haste=20)
        server = uvicorn.Server(
            uvicorn.Config(
                instance.app(), log_config=None, access_log=False, timeout_graceful_shutdown=5
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, name="demo")
        thread.start()
        try:
            end = time.monotonic() + _PATIENCE
            while not server.started:
                assert thread.is_alive(), "the demo did not start"
                assert time.monotonic() < end, "the demo did not start in time"
                time.sleep(0.01)
            yield Demo(address=f"http://{LOOPBACK}:{port}", instance=instance)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
            instance.store.close()


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium without anything that reaches outside."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
