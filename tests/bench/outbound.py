"""Messages a second to Teams through our connector, against plain aiohttp.

A hundred at a time against a connector that answers after 100 ms, so no sender can do more than
1,000 a second. The connector runs in a process of its own and takes messages without judging
them; our pace is switched off, since what is measured is what the code can do.
"""

from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench.asgi import JSON
from tests.bench.children import Started, child
from tests.bench.databases import Databases
from tests.bench.figures import Line, Rounds, percentile, rounded, tell
from tests.bench.ours_teams import environment

GOAL = 0.75
LATENCY = 0.1
ROUNDS, MESSAGES, PEOPLE = 6, 1_000, 300
BUSY = 0.85
"""From here on a process counts as what limits the rate: one core is one."""
ANY = "none"


def run(
    databases: Databases, *, rounds: int = ROUNDS, messages: int = MESSAGES, people: int = PEOPLE
) -> Iterator[Line]:
    """Let both send in turn."""
    with ExitStack() as stack:
        teams = stack.enter_context(child("teams", people=people, latency=LATENCY))
        settings = environment("memory:", str(databases.room()), teams.started)
        settings["GROUNDSWELL_DATABASE_URL"] = f"sqlite:///{databases.room()}/unused.db"
        ours = stack.enter_context(child("connector", settings, teams=teams.started))
        plain = stack.enter_context(child("plain", teams=teams.started))
        results: list[tuple[JSON, JSON]] = []
        for number in range(rounds + 1):
            tell(f"teams-outbound: round {number} of {rounds}")
            results.append((_round(ours, teams, messages), _round(plain, teams, messages)))
        yield _line(results[1:], messages)


def _round(sender: Started, teams: Started, messages: int) -> JSON:
    teams.ask("used")
    result: JSON = sender.ask("round", messages=messages)
    used = teams.ask("used")
    if result["failed"] or used["received"] != messages:
        raise AssertionError(f"{used['received']} of {messages} arrived, {result['failed']} failed")
    return result | {"fake": used["cpu"] / result["wall"]}


def _line(results: list[tuple[JSON, JSON]], messages: int) -> Line:
    ours, plain = zip(*results, strict=True)
    rate, baseline = _rates(ours, messages), _rates(plain, messages)
    load = {
        "sender": max(one["cpu"] / one["wall"] for one in ours),
        "plain": max(one["cpu"] / one["wall"] for one in plain),
        "fake": max(one["fake"] for one in (*ours, *plain)),
    }
    taken = [seconds * 1000 for one in ours for seconds in one["taken"]]
    return Line(
        name="teams-outbound",
        database=ANY,
        value=rate.value,
        unit="messages/s",
        baseline=baseline.value,
        goal=f"ratio >= {GOAL}",
        met=rate.value / baseline.value >= GOAL,
        more={
            "n": messages * len(results),
            "spread": rate.spread,
            "baseline_spread": baseline.spread,
            "p50_ms": percentile(taken, 50),
            "p99_ms": percentile(taken, 99),
            "cpu_ms": _cpu(ours, messages),
            "baseline_cpu_ms": _cpu(plain, messages),
            "cores_used": {name: rounded(share) for name, share in load.items()},
            "limited_by_core": [name for name, share in load.items() if share >= BUSY],
        },
    )


def _rates(results: tuple[JSON, ...], messages: int) -> Rounds:
    return Rounds(tuple(messages / one["wall"] for one in results))


def _cpu(results: tuple[JSON, ...], messages: int) -> float:
    return Rounds(tuple(one["cpu"] / messages * 1000 for one in results)).value
