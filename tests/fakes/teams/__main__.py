"""Run the fake alone: `python -m tests.fakes.teams --port 3978` prints the settings to use.

Lines on standard input act for people: `ada: My laptop is slow` writes, `ada! needs.send` presses
a button of the newest card, `ada?` shows what she sees.
"""

import argparse
import asyncio
import json
import signal
import sys
from threading import Thread
from typing import Final, TextIO

from aiohttp import ClientError

from tests.fakes.teams import ClientRefusedError, FakeTeams, Person

DEFAULT_BOT: Final = "http://127.0.0.1:8080"


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.teams", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--bot", default=DEFAULT_BOT, help="where the bot listens")
    parser.add_argument("--local", action="store_true", help="no tokens in either direction")
    parser.add_argument("--rate-limits", action="store_true", help="answer 429 as Teams does")
    return parser.parse_args(words)


def _say(out: TextIO, line: str) -> None:
    out.write(f"{line}\n")
    out.flush()


async def act(teams: FakeTeams, line: str) -> str:
    """Do what one line asks a person to do, and return what to show."""
    mark = next((letter for letter in line if letter in ":!?"), "?")
    handle, _, rest = line.partition(mark)
    person = teams.user(handle.strip() or "ada")
    if mark == ":":
        return f"{(await person.say(rest.strip())).status}"
    if mark == "!":
        return f"{(await person.press(person.inbox[-1], rest.strip())).delivery.answer.json}"
    return "\n".join(_shown(person))


def _shown(person: Person) -> list[str]:
    lines = [f"{m.id} {m.text or m.summary}" for m in person.inbox]
    return [*lines, *(json.dumps(person.sees(m)) for m in person.inbox[-1:] if m.card)]


def _listen(teams: FakeTeams, lines: TextIO, out: TextIO) -> None:
    """Act line by line; in a daemon thread, because a blocked read cannot be cancelled."""
    for line in lines:
        try:
            shown = teams.run(act(teams, line.strip()))
        except (ClientRefusedError, IndexError, ClientError) as error:
            shown = f"{type(error).__name__}: {error}"
        _say(out, shown)


async def serve(
    arguments: argparse.Namespace, lines: TextIO, out: TextIO, stopped: asyncio.Event
) -> None:
    """Run until told to stop."""
    settings = {"signed": not arguments.local, "rate_limits": arguments.rate_limits}
    async with FakeTeams(port=arguments.port, strict=False, **settings) as teams:
        teams.connect(arguments.bot)
        for name, value in teams.settings.items():
            _say(out, f"export {name}={value}")
        _say(out, f"# Teams listens on {teams.url} and writes to {arguments.bot}")
        Thread(target=_listen, args=(teams, lines, out), daemon=True).start()
        await stopped.wait()
        for violation in teams.violations:
            _say(out, f"# violation: {violation}")


async def main() -> None:
    """Run on the terminal until a signal comes."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve(parse(), sys.stdin, sys.stdout, stopped)


if __name__ == "__main__":
    asyncio.run(main())
