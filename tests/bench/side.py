"""What runs in a child: one side, whose methods are called by the lines of standard input.

The loop is uvicorn's choice, uvloop, for ours and for the baselines alike.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

import uvloop

from adapters.config import PREFIX, Settings, load
from adapters.log import configure

SIDES = {
    "slack": "tests.bench.fake_slack:FakeSlackSide",
    "teams": "tests.bench.fake_teams:FakeTeamsSide",
    "ours-slack": "tests.bench.ours_slack:OursSlack",
    "bolt": "tests.bench.bolt:Bolt",
    "ours-teams": "tests.bench.ours_teams:OursTeams",
    "stock-teams": "tests.bench.stock_teams:StockTeams",
    "bare-teams": "tests.bench.stock_teams:BareTeams",
    "connector": "tests.bench.senders:ConnectorSide",
    "plain": "tests.bench.senders:PlainSide",
}


class Side(Protocol):
    """Anything with a start and a stop; its other methods are asked by name."""

    async def start(self, **options: Any) -> Any:  # noqa: ANN401 - JSON
        """Make ready; what it returns is the child's `started`."""
        ...

    async def stop(self) -> None:
        """Close what is open."""
        ...


def made(name: str, settings: Mapping[str, str]) -> Side:
    """Make a side by its name; only its own modules are imported.

    Settings are named as in the environment; only sides of the product take any.
    """
    module, _, kind = SIDES[name].partition(":")
    side: Side = getattr(import_module(module), kind)(
        **({"settings": settings} if settings else {})
    )
    return side


def loaded(settings: Mapping[str, str]) -> Settings:
    """Read settings as the product reads its environment."""
    named = {name.removeprefix(PREFIX).lower(): value for name, value in settings.items()}
    return load(**named)


async def serve(name: str, settings: Mapping[str, str]) -> None:
    """Answer until standard input ends."""
    configure()
    side = made(name, settings)
    loop = asyncio.get_running_loop()
    out = sys.stdout
    sys.stdout = sys.stderr  # nothing but answers may stand there
    try:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            what, arguments = json.loads(line)
            answer = await getattr(side, what)(**arguments)
            out.write(json.dumps(answer) + "\n")
            out.flush()
    finally:
        await side.stop()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], json.loads(sys.argv[2])))
