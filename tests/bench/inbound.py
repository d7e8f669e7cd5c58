"""CPU per turn of Teams, against the SDK as it comes and against a bare Starlette handler.

All three answer the very same signed messages. The baselines' handlers are empty, so ours is
measured twice: empty too, and whole, where each message becomes a stored draft of a need with
its card in the outbox.
"""

from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench.asgi import JSON
from tests.bench.children import Started, child
from tests.bench.databases import Databases
from tests.bench.figures import Line, Rounds, compared, rounded, tell
from tests.bench.ours_teams import environment

GOAL = 0.1
ROUNDS, TURNS = 5, 60
EMPTY, WHOLE = "empty handler", "message stored as a draft"
ANY = "none"


def run(databases: Databases, *, rounds: int = ROUNDS, turns: int = TURNS) -> Iterator[Line]:
    """Measure on each database; the adapter alone needs none and is measured with the first."""
    people = (rounds + 1) * turns
    for kind in databases.kinds:
        with ExitStack() as stack:
            teams = stack.enter_context(child("teams", people=people))
            found = teams.started
            settings = environment(databases.fresh(kind), str(databases.room()), found)
            ours = stack.enter_context(
                child("ours-teams", settings, tenant=found["tenant"], people=found["people"])
            )
            stock = stack.enter_context(child("stock-teams", teams=found))
            bare = stack.enter_context(child("bare-teams"))
            sides = _Sides(teams, ours, stock, bare)
            results = []
            for number in range(rounds + 1):
                tell(f"teams-inbound {kind}: round {number} of {rounds}")
                results.append(sides.round(number, turns))
            results = results[1:]  # in the first one caches fill and keys are fetched
            if kind == databases.kinds[0]:
                yield _line(ANY, EMPTY, results, turns)
            yield _line(kind, WHOLE, results, turns)


class _Sides:
    """The processes, and how a round goes through them."""

    def __init__(self, teams: Started, ours: Started, stock: Started, bare: Started) -> None:
        self.teams, self.ours, self.stock, self.bare = teams, ours, stock, bare

    def round(self, number: int, turns: int) -> dict[str, JSON]:
        """Let all answer the same messages; ours must have stored each as a draft."""
        found, first = self.teams.started, number * turns
        senders = range(first, first + turns)
        requests = self.teams.ask("words", said=[(one, "My laptop is slow") for one in senders])
        results = {
            EMPTY: self.ours.ask("round", requests=requests, empty=True),
            "stock": self.stock.ask("round", requests=requests),
            WHOLE: self.ours.ask("round", requests=requests, empty=False),
            "bare": self.bare.ask("round", requests=requests),
        }
        failed = {name: result["failed"] for name, result in results.items() if result["failed"]}
        people = [found["people"][one] for one in senders]
        stored = self.ours.ask("stored", tenant=found["tenant"], people=people)
        if failed or stored != turns:
            raise AssertionError(f"teams-inbound: {stored} of {turns} stored; {failed}")
        return results


def _line(kind: str, turn: str, results: list[dict[str, JSON]], turns: int) -> Line:
    def per_turn(side: str) -> Rounds:
        return Rounds(tuple(result[side]["cpu"] / turns * 1e6 for result in results))

    ours, bare = per_turn(turn), per_turn("bare")
    return compared(
        "teams-inbound",
        kind,
        "us CPU per turn",
        ours,
        per_turn("stock"),
        most=GOAL,
        turn=turn,
        n=turns * len(results),
        bare=bare.value,
        bare_spread=bare.spread,
        ratio_to_bare=rounded(ours.value / bare.value),
    )
