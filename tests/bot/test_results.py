"""The figures against an oracle, and what rounding and thresholds must never do."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from bot.pulses.results import (
    Figures,
    TooFew,
    Unanimous,
    WordsOnly,
    aggregate,
    rounded_down,
    score_interval,
    wilson,
)
from bot.pulses.rules import Mask

SCORES = st.lists(st.integers(0, 10), max_size=200)


@given(st.integers(1, 500), st.data())
def test_wilson_agrees_with_scipy(n: int, data: st.DataObject) -> None:
    """Same interval for any share, without continuity correction."""
    x = data.draw(st.integers(0, n))
    expected = binomtest(x, n).proportion_ci(method="wilson")
    low, high = wilson(x, n)
    assert math.isclose(low, expected.low, abs_tol=1e-9)
    assert math.isclose(high, expected.high, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (15, 148, 0.0623863995, 0.1604872417),
        (0, 20, 0, 0.1611251581),
        (9, 10, 0.596, 0.982),
        (18, 20, 0.699, 0.972),
    ],
)
def test_wilson_worked_examples(x: int, n: int, low: float, high: float) -> None:
    """Published values."""
    assert wilson(x, n) == pytest.approx((low, high), abs=5e-4)


def test_wilson_refuses_what_is_no_share() -> None:
    """Zero of zero is not a share."""
    for x, n in ((0, 0), (3, 2), (-1, 5)):
        with pytest.raises(ValueError, match="needs 0 <= successes"):
            wilson(x, n)


def test_the_adjusted_wald_interval_of_the_worked_example() -> None:
    """50 promoters, 33 passives, 17 detractors: 17.556 to 46.522."""
    assert score_interval(50, 33, 17) == pytest.approx((17.556, 46.522), abs=1e-3)


@given(SCORES)
def test_thresholds_hold_for_any_answers(scores: list[int]) -> None:
    """Under 5 nothing, under 10 no number, alike only a band, else rounded figures."""
    found = aggregate(scores, k=5)
    n = len(scores)
    match found:
        case TooFew():
            assert n < 5
        case WordsOnly():
            assert 5 <= n < 10
        case Unanimous(n=shown):
            assert n >= 10
            assert shown == rounded_down(n)
        case Figures():
            assert n >= 10
            assert found.n == n - n % 5
            for share in (found.happy, found.neutral, found.unhappy):
                assert share % 5 == 0
                assert 5 <= share <= 95
            assert -100 <= found.score_low <= found.score <= found.score_high <= 100
            assert 0 <= found.happy_low <= found.happy_high <= 100
            exact = 100 * sum(s >= 9 for s in scores) / n
            assert found.happy_low <= exact <= found.happy_high


@given(SCORES, st.randoms())
def test_order_does_not_matter(scores: list[int], dice: object) -> None:
    """Figures are the same however the answers lie."""
    shuffled = list(scores)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert aggregate(scores, k=5) == aggregate(shuffled, k=5)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Ask Ada Lovelace now", "Ask [name] now"),
        ("ask ADA, or lovelace!", "ask [name], or [name]!"),
        ("Adagio is fine", "Adagio is fine"),
        ("Adas screen, ada's chair", "[name] screen, [name]'s chair"),
        ("Bo did it, boring bo", "[name] did it, boring bo"),
        ("Lena or Anna-Lena", "[name] or [name]"),
        ("Jo\u0308rg helps", "[name] helps"),
        ("请王伟帮忙", "请[name]帮忙"),
        ("mail a.b+c@mail.example.com", "mail [e-mail]"),
        ("see https://x.example/y?z=1 today", "see [link] today"),
        ("call +49 (30) 123-4567", "call [number]"),
        ("in 2026 we had 3 outages", "in 2026 we had 3 outages"),
        ("hey <@U123> and <!channel> and @ada.l", "hey [mention] and [mention] and [mention]"),
        ("", ""),
    ],
)
def test_comments_are_masked(words: str, shown: str) -> None:
    """Addresses, numbers, mentions and colleagues' names are taken out."""
    assert Mask(["Ada Lovelace", "Bo", "Anna-Lena", "J\u00f6rg", "王伟"]).over(words) == shown


def test_masking_without_a_directory() -> None:
    """Patterns work alone."""
    assert Mask([]).over("x@example.org") == "[e-mail]"
