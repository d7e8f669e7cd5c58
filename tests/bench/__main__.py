"""Run the benchmarks: `python -m tests.bench [NAME]`; one JSON object a line, progress beside."""

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
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
    """Run some benchmarks, or all; each line says how busy the machine was before."""
    gc.freeze()
    with databases() as found:
        for name in names or list(BENCHMARKS):
            began = time.monotonic()
            busy = {"load_before": os.getloadavg()[0], "cores": os.cpu_count()}
            for line in BENCHMARKS[name](found):
                told = replace(line, more=dict(line.more) | busy)
                sys.stdout.write(told.as_json() + "\n")
                sys.stdout.flush()
            tell(f"{name} took {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[*BENCHMARKS, []], help="one, or all")
    main(parser.parse_args().name)
