"""Faults on demand: what a network and a platform can do to one call."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    TIMEOUT = "timeout"
    RESET = "reset"
    ERROR = "error"
    RATE_LIMITED = "rate_limited"
    HTML = "html"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault for the next matching call (or the next `times` of them)."""

    kind: FaultKind
    # Whether the call has its effect at Slack before it fails for the caller.
    after_effect: bool = False
    status: int = 503
    error: str = "internal_error"
    retry_after: int = 1
    # How long a timeout hangs before the connection closes, or a slow answer takes.
    seconds: float = 30.0
    times: int = 1
    # Only calls with such arguments are hit.
    when: Callable[[dict[str, Any]], bool] = lambda _: True

    @classmethod
    def server_error(cls, status: int = 503, **more: Any) -> "Fault":  # noqa: ANN401
        """Answer 5xx before anything happened."""
        return cls(kind=FaultKind.STATUS, status=status, **more)

    @classmethod
    def server_error_after_effect(cls, status: int = 500, **more: Any) -> "Fault":  # noqa: ANN401
        """Do it, then answer 5xx: the caller cannot know."""
        return cls(kind=FaultKind.STATUS, status=status, after_effect=True, **more)

    @classmethod
    def timeout(cls, seconds: float = 30.0, **more: Any) -> "Fault":  # noqa: ANN401
        """Hang, then close the connection without an answer."""
        return cls(kind=FaultKind.TIMEOUT, seconds=seconds, **more)

    @classmethod
    def reset_after_effect(cls, **more: Any) -> "Fault":  # noqa: ANN401
        """Do it, then reset the connection."""
        return cls(kind=FaultKind.RESET, after_effect=True, **more)

    @classmethod
    def refused(cls, error: str, **more: Any) -> "Fault":  # noqa: ANN401
        """Answer ``ok: false`` with an error code."""
        return cls(kind=FaultKind.ERROR, error=error, **more)

    @classmethod
    def rate_limited(cls, retry_after: int = 1, **more: Any) -> "Fault":  # noqa: ANN401
        """Answer 429 with Retry-After."""
        return cls(kind=FaultKind.RATE_LIMITED, retry_after=retry_after, **more)

    @classmethod
    def html(cls, status: int = 200, **more: Any) -> "Fault":  # noqa: ANN401
        """Answer with a page, as a proxy or a maintenance notice does."""
        return cls(kind=FaultKind.HTML, status=status, **more)

    @classmethod
    def latency(cls, seconds: float, **more: Any) -> "Fault":  # noqa: ANN401
        """Do it, but slowly."""
        return cls(kind=FaultKind.LATENCY, seconds=seconds, **more)
