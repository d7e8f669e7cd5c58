"""Counters and gauges for ``/metrics``; labels never hold an id or a word of a person."""

from prometheus_client import Counter, Histogram

heard = Counter("groundswell_heard_total", "Events handled", ["platform", "kind", "outcome"])
refused = Counter(
    "groundswell_refused_total", "Requests refused before handling", ["platform", "reason"]
)
unrouted = Counter(
    "groundswell_unrouted_total",
    "Well-formed requests of a kind we do not use",
    ["platform", "kind"],
)
outdated = Counter(
    "groundswell_outdated_total", "Presses on a card of another version", ["platform"]
)
delivered = Counter(
    "groundswell_delivered_total", "Outcomes of sends", ["platform", "op", "outcome"]
)
handling = Histogram(
    "groundswell_handling_seconds",
    "From parsed event to committed effect",
    ["platform"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
