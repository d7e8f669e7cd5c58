"""What one send came to, and what follows from it. Pure: the relay only asks.

Sources: Slack's and Microsoft's documented errors, mapped to these values in each platform's
``send.py`` and nowhere else. Neither platform's send call takes an idempotency key, so a post
that was not answered is *unknown* and never repeated by itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, assert_never

from bot.heard import MessageRef, Profile
from bot.messages import Card, Place

MAX_ATTEMPTS = 10
LONGEST_WAIT = timedelta(seconds=300)


class Op(StrEnum):
    """What the platform is asked to do. All but ``POST`` are safe to repeat."""

    POST = "post"
    UPDATE = "update"
    HOME = "home"
    LOOKUP = "lookup"


class DeliveryState(StrEnum):
    """Where a copy stands; see ``next_step``."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One claimed copy, with all that a sender needs.

    ``message`` is the message to change for ``UPDATE``. ``route`` is the last known way to
    ``to``, as the platform's adapter wrote it. ``card`` is absent for ``LOOKUP``.
    """

    id: int
    op: Op
    to: Place
    card: Card | None
    route: str = ""
    message: MessageRef = MessageRef("")
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The platform took it; ``route`` is set when a new way to the place was learned."""

    message: MessageRef = MessageRef("")
    route: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A lookup's answer; ``channel_name`` for channels."""

    profile: Profile
    channel_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimited:
    """Refused for now: the whole lane waits ``after`` seconds. The attempt is not counted."""

    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Nothing was sent: no connection."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """It may have been delivered: a timeout, a reset or a server error after sending."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """The installation's token is no longer good; an operator must reinstall."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The person or channel cannot be reached any more."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The platform refused this copy for a reason that its author can act on."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Our own fault: a card that the platform or a renderer cannot take."""

    reason: str


Outcome: TypeAlias = (
    Delivered | Found | RateLimited | Unreachable | Unanswered | Revoked | Gone | Refused | Defect
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the outbox row becomes. ``pause`` stops the whole lane until then."""

    state: DeliveryState
    due_at: datetime
    attempt: int
    reason: str = ""
    message: MessageRef = MessageRef("")
    route: str = ""
    unreachable: bool = False
    pause: bool = False


def next_step(  # noqa: PLR0911 - one return per outcome reads as the table that it is
    item: Outgoing, outcome: Outcome, *, now: datetime, jitter: float
) -> Step:
    """Decide a copy's next state. ``jitter`` is a random number in [0, 1)."""
    keep = Step(state=DeliveryState.SENT, due_at=now, attempt=item.attempt)
    match outcome:
        case Delivered(message=message, route=route):
            return replace(keep, message=message, route=route)
        case Found():
            return keep
        case RateLimited(after=after):
            due = now + timedelta(seconds=after)
            return replace(
                keep, state=DeliveryState.QUEUED, due_at=due, reason="rate_limited", pause=True
            )
        case Revoked(reason=reason):
            due = now + LONGEST_WAIT
            return replace(keep, state=DeliveryState.QUEUED, due_at=due, reason=reason, pause=True)
        case Unreachable(reason=reason):
            return _again(keep, reason, now=now, jitter=jitter)
        case Unanswered(reason=reason):
            if item.op is Op.POST:
                return replace(keep, state=DeliveryState.UNKNOWN, reason=reason)
            return _again(keep, reason, now=now, jitter=jitter)
        case Gone(reason=reason):
            return replace(keep, state=DeliveryState.FAILED, reason=reason, unreachable=True)
        case Refused(reason=reason) | Defect(reason=reason):
            return replace(keep, state=DeliveryState.FAILED, reason=reason)
    assert_never(outcome)


def _again(keep: Step, reason: str, *, now: datetime, jitter: float) -> Step:
    """Back off 1-2-4-…-300 s with jitter; give up after ten tries."""
    attempt = keep.attempt + 1
    if attempt >= MAX_ATTEMPTS:
        return replace(keep, state=DeliveryState.FAILED, attempt=attempt, reason=reason)
    wait = min(timedelta(seconds=2 ** (attempt - 1)), LONGEST_WAIT) * (0.75 + jitter / 2)
    return replace(
        keep, state=DeliveryState.QUEUED, due_at=now + wait, attempt=attempt, reason=reason
    )
