"""Run the benchmarks: `python -m tests.bench [NAME]`; one JSON object a line, progress beside."""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

from tests.bench import inbound, ingress, latency, outbound, start
from tests.bench.databases import Databases, databases
from tests.bench.figures import Line, tell

Benchmark: TypeAlias = Callable[[Databases], Iterator[Line]]

BENCHMARKS: dict[str, Benchmark] = {
    "ingress": ingress.run,
    "ingress-latency": latency.run,
    "teams-inbound": inbound.run,
    "teams-outbound": outbound.run,
    "start": start.run_start,
    "memory": start.run_memory,
}


def main(names: list[str]) -> None:
    """Run some benchmarks, or all."""
    gc.freeze()
    with databases() as found:
        for name in names or list(BENCHMARKS):
            began = time.monotonic()
            for line in BENCHMARKS[name](found):
                sys.stdout.write(line.as_json() + "\n")
                sys.stdout.flush()
            tell(f"{name} took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*BENCHMARKS, []], help="one, or all")
    main(parser.parse_args().name)
