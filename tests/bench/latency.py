"""How long Slack waits at 100 requests a second, a tenth of them told twice.

Requests go out by the clock, whether or not earlier ones were answered, and each is timed from
the moment it was due. Ours is `groundswell serve` with relay, clock and all; what it sends goes to
the fake Slack. The baseline is plain Bolt under uvicorn, which stores nothing.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import aiohttp
import uvloop

from tests.bench.asgi import JSON
from tests.bench.children import Started, child
from tests.bench.databases import Databases
from tests.bench.figures import Line, percentile, tell
from tests.bench.server import serving
from tests.bench.workspace import MINE, PULSE, environment, user

GOAL_MS = 100.0
PER_SECOND, SECONDS, BASELINE_SECONDS, REPEATED = 100, 20, 5, 0.1
PEOPLE = 200
SLACK_WAITS = 3.0
_SHARES = ((PULSE, 0.5), (MINE, 0.25), ("words", 0.25))


def run(
    databases: Databases,
    *,
    seconds: int = SECONDS,
    baseline_seconds: int = BASELINE_SECONDS,
    people: int = PEOPLE,
) -> Iterator[Line]:
    """Ask ours, then the baseline, on each database."""
    for kind in databases.kinds:
        with ExitStack() as stack:
            slack = stack.enter_context(child("slack"))
            url = databases.fresh(kind)
            settings = environment(url, databases.room(), slack.started)
            bolt = stack.enter_context(
                child("bolt", url=databases.fresh(kind), api_url=slack.started)
            )
            tell(f"ingress-latency {kind}: preparing")
            count = PER_SECOND * seconds
            requests = _requests(slack, settings, count, people)
            tell(f"ingress-latency {kind}: {count} requests in {seconds} s")
            ours = uvloop.run(_ask_ours(settings, requests))
            fewer = requests[: PER_SECOND * baseline_seconds]
            tell(f"ingress-latency {kind}: the baseline, {baseline_seconds} s")
            plain = uvloop.run(load(f"http://127.0.0.1:{bolt.ask('listen')}", fewer))
            yield _line(kind, ours, plain)


def _requests(slack: Started, settings: dict[str, str], count: int, people: int) -> list[JSON]:
    """Make presses and words by people who are known, and repeat a tenth of them."""
    fresh = round(count * (1 - REPEATED))
    wanted = {name: round(fresh * share) for name, share in _SHARES}
    wanted["words"] = fresh - wanted[PULSE] - wanted[MINE]
    users = [user(number) for number in range(people)]
    with child("ours-slack", settings, users=users) as seeding:
        waves = [str(seeding.ask("wave")) for _ in range(-(-wanted[PULSE] // people))]
    answers = [(one, PULSE, wave) for wave in waves for one in users][: wanted[PULSE]]
    mine = [(users[number % people], MINE, "") for number in range(wanted[MINE])]
    words = [(users[number % people], f"Need {number}") for number in range(wanted["words"])]
    made = slack.ask("presses", acts=[*answers, *mine]) + slack.ask("words", said=words)
    return _repeated(made, count)


def _repeated(made: list[JSON], count: int) -> list[JSON]:
    """Shuffle, and tell earlier requests again; the same on each run."""
    dice = random.Random(1)  # noqa: S311 - no secret is made of it
    dice.shuffle(made)
    told: list[JSON] = []
    while len(told) < count:
        earlier = told[: -PER_SECOND // 2]
        again = bool(earlier) and dice.random() < REPEATED
        told.append(dice.choice(earlier) if again or not made else made.pop())
    return told


async def _ask_ours(settings: dict[str, str], requests: Sequence[JSON]) -> "Answers":
    async with serving(settings) as served:
        before = sum(served.process.cpu_times()[:2])
        answers = await load(served.url, requests)
        answers.cpu = sum(served.process.cpu_times()[:2]) - before
        return answers


class Answers:
    """Latencies in milliseconds, and what was not answered with 200 in time."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.failed: list[str] = []
        self.seconds = 0.0
        self.cpu = 0.0


async def load(url: str, requests: Sequence[JSON], per_second: float = PER_SECOND) -> Answers:
    """Send requests by the clock."""
    answers = Answers()
    limit = aiohttp.ClientTimeout(total=SLACK_WAITS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=limit) as session:
        began = time.perf_counter()

        async def one(number: int, request: JSON) -> None:
            due = began + number / per_second
            await asyncio.sleep(due - time.perf_counter())
            try:
                async with session.post(
                    f"{url}{request['path']}",
                    data=request["body"].encode(),
                    headers=request["headers"],
                ) as answer:
                    await answer.read()
                    if answer.status != 200:
                        answers.failed.append(str(answer.status))
            except (aiohttp.ClientError, TimeoutError) as error:
                answers.failed.append(type(error).__name__)
            answers.taken.append((time.perf_counter() - due) * 1000)

        await asyncio.gather(*(one(*each) for each in enumerate(requests)))
        answers.seconds = time.perf_counter() - began
    return answers


def _line(kind: str, ours: Answers, plain: Answers) -> Line:
    p99 = percentile(ours.taken, 99)
    return Line(
        name="ingress-latency",
        database=kind,
        value=p99,
        unit="ms p99",
        baseline=percentile(plain.taken, 99),
        goal=f"value <= {GOAL_MS:g} and no errors",
        met=p99 <= GOAL_MS and not ours.failed,
        more={
            "n": len(ours.taken),
            "errors": len(ours.failed),
            "kinds": sorted(set(ours.failed)),
            "p50": percentile(ours.taken, 50),
            "max": max(ours.taken),
            "cores_used": ours.cpu / ours.seconds,
            "baseline_n": len(plain.taken),
            "baseline_p50": percentile(plain.taken, 50),
            "baseline_errors": len(plain.failed),
        },
    )
