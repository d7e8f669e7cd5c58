"""CPU per signed block action, from bytes to committed effect and answer, against plain Bolt.

Three actions: an answer to a pulse (leaves no key behind, answers through the `response_url`
within the request), a draft sent as a need (four tables and the dedupe key), and "my needs" (the
key, and a card for the outbox). Both sides answer the very same bytes.
"""

from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench.asgi import JSON
from tests.bench.children import Started, child
from tests.bench.databases import Databases
from tests.bench.figures import Line, Rounds, compared, percentile, tell
from tests.bench.workspace import MINE, PULSE, SEND, environment, user

GOAL = 0.5
ROUNDS, PRESSES = 5, 50
ACTIONS = (SEND, PULSE, MINE)
Act = tuple[str, str, str]


def run(databases: Databases, *, rounds: int = ROUNDS, presses: int = PRESSES) -> Iterator[Line]:
    """Measure each action on each database."""
    for kind in databases.kinds:
        with ExitStack() as stack:
            slack = stack.enter_context(child("slack"))
            settings = environment(databases.fresh(kind), databases.room(), slack.started)
            users = [user(number) for number in range(max(presses, 5))]
            ours = stack.enter_context(child("ours-slack", settings, users=users))
            bolt = stack.enter_context(
                child("bolt", url=databases.fresh(kind), api_url=slack.started)
            )
            for action in ACTIONS:
                yield _line(kind, action, _Sides(slack, ours, bolt, users[:presses]), rounds)


class _Sides:
    """The three processes, and how a round goes through them."""

    def __init__(self, slack: Started, ours: Started, bolt: Started, users: list[str]) -> None:
        self.slack, self.ours, self.bolt, self.users = slack, ours, bolt, users

    def round(self, action: str) -> tuple[JSON, JSON]:
        """Let both sides answer the same presses; ours must have left its effects."""
        acts = self._acts(action)
        requests = self.slack.ask("presses", acts=acts)
        ours = self.ours.ask("round", requests=requests)
        keys = [request["key"] for request in requests]
        stored = self.ours.ask("stored", action=action, acts=acts, keys=keys)
        if ours["failed"] or stored != len(acts):
            raise AssertionError(f"{action}: {stored} of {len(acts)} stored; {ours['failed']}")
        bolt = self.bolt.ask("round", requests=requests)
        if bolt["failed"]:
            raise AssertionError(f"{action}: Bolt answered {bolt['failed']}")
        return ours, bolt

    def _acts(self, action: str) -> list[Act]:
        if action == PULSE:
            wave = str(self.ours.ask("wave"))
            return [(one, action, wave) for one in self.users]
        if action == SEND:
            drafts = self.ours.ask("drafts", users=self.users)
            return [(one, action, draft) for one, draft in zip(self.users, drafts, strict=True)]
        return [(one, action, "") for one in self.users]


def _line(kind: str, action: str, sides: _Sides, rounds: int) -> Line:
    sides.round(action)  # caches fill and statements compile
    pairs = []
    for number in range(rounds):
        tell(f"ingress {kind} {action}: round {number + 1} of {rounds}")
        pairs.append(sides.round(action))
    n = len(sides.users)
    ours, bolt = (
        Rounds(tuple(one["cpu"] / n * 1e6 for one in side)) for side in zip(*pairs, strict=True)
    )
    taken = [seconds * 1000 for pair in pairs for seconds in pair[0]["taken"]]
    return compared(
        "ingress",
        kind,
        "us CPU per action",
        ours,
        bolt,
        most=GOAL,
        action=action,
        n=n * rounds,
        p50_ms=percentile(taken, 50),
        p99_ms=percentile(taken, 99),
    )
