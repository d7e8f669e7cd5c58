"""The benchmarks themselves: their lines, their figures, and each one in its smallest form."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench import inbound, ingress, latency, outbound, start
from tests.bench.__main__ import BENCHMARKS
from tests.bench.children import ChildFailedError, child, nearby
from tests.bench.databases import SQLITE, Databases
from tests.bench.figures import KEYS, Line, Rounds, compared, percentile
from tests.bench.workspace import MINE, PULSE, SEND
from tests.postgres import Postgres


@pytest.fixture
def only_sqlite(tmp_path: Path) -> Databases:
    """Give the benchmark files, and no server."""
    return Databases(tmp_path)


def test_percentiles_are_values_that_occurred() -> None:
    """The nearest rank: half of the values are at most p50, all are at most p100."""
    values = [float(number) for number in range(100, 0, -1)]
    found = [percentile(values, percent) for percent in (0, 1, 50, 99, 99.5, 100)]
    assert found == [1.0, 1.0, 50.0, 99.0, 100.0, 100.0]
    assert percentile([7.0], 99) == 7.0


def test_a_percentile_of_nothing_is_refused() -> None:
    """A benchmark that measured nothing must not report a figure."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_a_line_is_one_json_object_with_the_agreed_keys_first() -> None:
    """Whoever reads the lines finds the same keys in each, and further ones behind them."""
    ours, baseline = Rounds((3.0, 1.00004, 2.0)), Rounds((8.0, 4.0))
    line = compared("x", SQLITE, "us", ours, baseline, most=0.5, n=3)
    written = line.as_json()
    assert "\n" not in written
    assert list(json.loads(written))[: len(KEYS)] == list(KEYS)
    assert json.loads(written) == {
        "name": "x",
        "database": "sqlite",
        "value": 2.0,
        "unit": "us",
        "baseline": 6.0,
        "ratio": 0.3333,
        "goal": "ratio <= 0.5",
        "met": True,
        "n": 3,
        "spread": [1.0, 3.0],
        "baseline_spread": [4.0, 8.0],
    }


def test_a_line_without_a_baseline_has_no_ratio() -> None:
    """Nothing is divided by nothing."""
    line = Line(name="x", database="none", value=1.0, unit="s", goal="value <= 3", met=True)
    assert json.loads(line.as_json())["ratio"] is None


def test_a_side_that_cannot_start_says_why() -> None:
    """The end of its traceback reaches whoever runs the benchmark."""
    with pytest.raises(ChildFailedError, match="nobody"), child("nobody") as broken:
        broken.ask("round")


def _check(lines: list[Line], name: str, databases: set[str]) -> None:
    assert name in BENCHMARKS
    assert {line.name for line in lines} == {name}
    assert {line.database for line in lines} == databases
    assert all(line.value > 0 for line in lines)
    assert all(line.baseline for line in lines)


SMALL: dict[str, tuple[Callable[[Databases], Iterator[Line]], set[str]]] = {
    "ingress-latency": (
        lambda d: latency.run(d, seconds=1, baseline_seconds=1, people=45),
        {SQLITE},
    ),
    "teams-inbound": (lambda d: inbound.run(d, rounds=1, turns=2), {SQLITE, "none"}),
    "teams-outbound": (lambda d: outbound.run(d, rounds=1, messages=20, people=5), {"none"}),
    "start": (lambda d: start.run_start(d, starts=1, warm=False), {SQLITE}),
    "memory": (lambda d: start.run_memory(d, events=5), {SQLITE}),
}


@pytest.mark.parametrize("name", sorted(SMALL))
def test_each_benchmark_runs_in_its_smallest_form(name: str, only_sqlite: Databases) -> None:
    """Both sides answer, and what ours should have stored is there."""
    run, databases = SMALL[name]
    with nearby():
        _check(list(run(only_sqlite)), name, databases)


@pytest.mark.postgres
def test_ingress_runs_on_both_databases(tmp_path: Path, postgres: Postgres) -> None:
    """Each action is measured on each database."""
    with nearby():
        lines = list(ingress.run(Databases(tmp_path, postgres), rounds=1, presses=2))
    _check(lines, "ingress", {SQLITE, "postgresql"})
    assert [line.more["action"] for line in lines] == [SEND, PULSE, MINE] * 2
