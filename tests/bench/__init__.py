"""Benchmarks: ours and a named baseline in one run, one JSON object a line.

`python -m tests.bench` runs all, `python -m tests.bench ingress` one. Each side that is measured
stands in a process of its own (`side.py`, started by `children.py`), so that its CPU is its own;
rounds alternate between the sides, and the median of the rounds is what counts.

`ingress.py` and `latency.py` ask Slack's way in, `inbound.py` and `outbound.py` Teams', `start.py`
how soon and how large the process is. `figures.py` makes the lines.
"""
