"""What follows from the outcome of one send."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery import (
    MAX_ATTEMPTS,
    Defect,
    Delivered,
    DeliveryState,
    Found,
    Gone,
    Op,
    Outcome,
    Outgoing,
    RateLimited,
    Refused,
    Revoked,
    Unanswered,
    Unreachable,
    next_step,
)
from bot.heard import AccountId, MessageRef, Profile, lane_of, platform_of
from bot.messages import Card, Text, ToPerson, fit

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def item(op: Op = Op.POST, attempt: int = 0) -> Outgoing:
    """Return a claimed copy."""
    return Outgoing(
        id=1, op=op, to=ToPerson(account=AccountId("slack:T1:U1")), card=None, attempt=attempt
    )


@pytest.mark.parametrize(
    ("outcome", "state", "counted", "paused", "gone"),
    [
        (Delivered(message=MessageRef("m"), route="D1"), "sent", 0, False, False),
        (Found(profile=Profile()), "sent", 0, False, False),
        (RateLimited(after=7), "queued", 0, True, False),
        (Revoked(reason="token_revoked"), "queued", 0, True, False),
        (Unreachable(reason="refused"), "queued", 1, False, False),
        (Unanswered(reason="timeout"), "unknown", 0, False, False),
        (Gone(reason="is_archived"), "failed", 0, False, True),
        (Refused(reason="not_in_channel"), "failed", 0, False, False),
        (Defect(reason="invalid_blocks"), "failed", 0, False, False),
    ],
)
def test_each_outcome_of_a_post(
    outcome: Outcome, state: str, counted: int, paused: bool, gone: bool
) -> None:
    """A post that may have arrived is unknown and never repeated; what was not sent is."""
    step = next_step(item(), outcome, now=NOW, jitter=0.5)
    assert (step.state, step.attempt, step.pause, step.unreachable) == (
        state,
        counted,
        paused,
        gone,
    )


@pytest.mark.parametrize("op", [Op.UPDATE, Op.HOME, Op.LOOKUP])
def test_what_is_safe_to_repeat_is_repeated(op: Op) -> None:
    """An unanswered update is done again later."""
    step = next_step(item(op), Unanswered(reason="timeout"), now=NOW, jitter=0.5)
    assert (step.state, step.due_at) == (DeliveryState.QUEUED, NOW + timedelta(seconds=1))


def test_rate_limits_pause_for_exactly_as_long_as_was_asked() -> None:
    """Retry-After is kept to the second."""
    assert next_step(item(), RateLimited(after=7), now=NOW, jitter=0.9).due_at == NOW + timedelta(
        seconds=7
    )


def test_back_off_doubles_up_to_five_minutes_and_ends_after_ten_tries() -> None:
    """1-2-4-…-300 s, a quarter more or less."""
    waits = []
    for attempt in range(MAX_ATTEMPTS - 1):
        step = next_step(item(attempt=attempt), Unreachable(reason="dns"), now=NOW, jitter=0.5)
        waits.append((step.due_at - NOW).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    early = next_step(item(attempt=20), Unreachable(reason="dns"), now=NOW, jitter=0)
    assert early.state is DeliveryState.FAILED
    for jitter in (0, 0.999):
        step = next_step(item(attempt=8), Unreachable(reason="dns"), now=NOW, jitter=jitter)
        assert 0.75 * 256 <= (step.due_at - NOW).total_seconds() <= 1.25 * 300


def test_ids_tell_platform_and_lane() -> None:
    """The first word is the platform, the second its workspace."""
    assert (lane_of("slack:T1:U1"), platform_of("slack:T1:U1")) == ("slack:T1", "slack")


def test_a_card_needs_a_summary() -> None:
    """What cannot be announced to a screen reader cannot be made."""
    with pytest.raises(ValueError, match="needs a summary"):
        Card(name="x", summary=" ", parts=(Text(words="x"),))


@pytest.mark.parametrize(
    ("words", "limit", "shown"),
    [
        ("short", 5, "short"),
        ("a longer text", 10, "a l… (+10)"),
        ("abcdef", 3, "abc"),
        ("e\u0301" * 10, 12, "e\u0301e\u0301… (+16)"),
        ("👩‍💻👩‍💻👩‍💻👩‍💻", 11, "👩‍💻… (+9)"),
    ],
)
def test_shortening_is_visible_and_keeps_characters_whole(
    words: str, limit: int, shown: str
) -> None:
    """The mark says how many characters are missing."""
    assert fit(words, limit) == shown
    assert len(fit(words, limit)) <= limit
