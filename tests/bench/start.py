"""How soon the product is ready, and how large it is after a thousand events.

The baseline of both is a process that imports the libraries it stands on and does nothing.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator

import aiohttp
import psutil

from tests.bench.children import child, environment
from tests.bench.databases import Databases
from tests.bench.figures import Line, Rounds, tell
from tests.bench.ours_teams import environment as settings_of
from tests.bench.server import migrate, serving
from tests.repository import ROOT

IMPORTS = "import slack_bolt.async_app, botbuilder.core, sqlalchemy, starlette"
SECONDS, MEGABYTES = 3.0, 200.0
STARTS, EVENTS, PEOPLE, AT_ONCE = 5, 1_000, 100, 8
_MB = 1_000_000


def run_start(databases: Databases, *, starts: int = STARTS, warm: bool = True) -> Iterator[Line]:
    """Start ours and the baseline in turn; the schema is there already."""
    for kind in databases.kinds:
        settings = _local(databases, kind)
        migrate(settings)
        if warm:  # compiles what was never imported here
            asyncio.run(_start(settings))
            _import_seconds()
        ours, baseline = [], []
        for number in range(starts):
            tell(f"start {kind}: {number + 1} of {starts}")
            ours.append(asyncio.run(_start(settings)))
            baseline.append(_import_seconds())
        taken, imported = Rounds(tuple(ours)), Rounds(tuple(baseline))
        yield Line(
            name="start",
            database=kind,
            value=taken.value,
            unit="s from command to ready",
            baseline=imported.value,
            goal=f"value <= {SECONDS:g}",
            met=taken.value <= SECONDS,
            more={"n": starts, "spread": taken.spread, "baseline_spread": imported.spread},
        )


def run_memory(databases: Databases, *, events: int = EVENTS) -> Iterator[Line]:
    """Let people write to a running server and look at how large it is then."""
    for kind in databases.kinds:
        with child("teams", people=min(PEOPLE, events), signed=False) as teams:
            room = str(databases.room())
            settings = settings_of(databases.fresh(kind), room, teams.started)
            migrate(settings)
            tell(f"memory {kind}: {events} events")
            people = len(teams.started["people"])
            said = [(number % people, f"My laptop is slow ({number})") for number in range(events)]
            requests = teams.ask("words", said=said)
            at_start, after = asyncio.run(_events(settings, requests))
        yield Line(
            name="memory",
            database=kind,
            value=after / _MB,
            unit="MB resident",
            baseline=_imported_bytes() / _MB,
            goal=f"value <= {MEGABYTES:g}",
            met=after / _MB <= MEGABYTES,
            more={"n": events, "at_start": at_start / _MB},
        )


def _local(databases: Databases, kind: str) -> dict[str, str]:
    return {
        "GROUNDSWELL_DATABASE_URL": databases.fresh(kind),
        "GROUNDSWELL_KEYS": str(databases.room()),
        "GROUNDSWELL_TEAMS_LOCAL": "1",
    }


async def _start(settings: dict[str, str]) -> float:
    async with serving(settings) as served:
        return served.seconds


def _import_seconds() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, env=environment({}), check=True)
    return time.perf_counter() - began


def _imported_bytes() -> int:
    with subprocess.Popen(
        [sys.executable, "-c", f"{IMPORTS}; print(flush=True); input()"],
        cwd=ROOT,
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        size: int = psutil.Process(process.pid).memory_info().rss
        process.communicate("\n")
    return size


async def _events(settings: dict[str, str], requests: list[dict[str, str]]) -> tuple[int, int]:
    """Bring events to a server, some at a time; return its size before and after."""
    async with serving(settings) as served, aiohttp.ClientSession() as session:
        before: int = served.process.memory_info().rss
        left = iter(requests)

        async def bring() -> None:
            for request in left:
                url, data = f"{served.url}{request['path']}", request["body"].encode()
                headers = {"Content-Type": "application/json"}
                async with session.post(url, data=data, headers=headers) as answer:
                    assert answer.status == 202, answer.status

        await asyncio.gather(*(bring() for _ in range(AT_ONCE)))
        after: int = served.process.memory_info().rss
    return before, after
