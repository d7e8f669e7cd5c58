"""Where the bars and lines of a chart go."""

import math

import pytest
from hypothesis import given

from adapters.web.chart import WIDTH, drawing
from bot.messages import Chart, ChartKind, Point, Series
from tests.card_strategies import charts


def chart(kind: ChartKind, *series: dict[str, float], unit: str = "") -> Chart:
    return Chart(
        kind=kind,
        title="T",
        series=tuple(
            Series(
                name=f"S{at}",
                points=tuple(Point(label=label, value=value) for label, value in one.items()),
            )
            for at, one in enumerate(series)
        ),
        unit=unit,
    )


@given(charts())
def test_everything_stays_within_the_drawing(one: Chart) -> None:
    """For any numbers, huge, tiny, negative or none at all."""
    drawn = drawing(one, "en")
    for box in drawn.boxes:
        assert box.width >= 0
        assert box.height >= 0
        assert -1 <= box.x <= box.x + box.width <= WIDTH + 1
        assert -1 <= box.y <= box.y + box.height <= drawn.height + 1
    for path in drawn.paths:
        assert all(0 <= x <= WIDTH and 0 <= y <= drawn.height for x, y in path.dots)
    assert all(math.isfinite(mark.x) and math.isfinite(mark.y) for mark in drawn.marks)
    if one.series:
        assert len(drawn.rows) == len(one.series[0].points)


def test_short_labels_stand_upright() -> None:
    """The higher the number, the higher the bar; the axis ends on round numbers."""
    drawn = drawing(chart(ChartKind.BAR, {"0": 1, "1": 4, "2": 0}), "en")
    heights = [box.height for box in drawn.boxes]
    assert heights[1] > heights[0] > heights[2] == 0
    ticks = [mark.words for mark in drawn.marks if mark.anchor == "end"]
    assert ticks == ["0", "1", "2", "3", "4"]


def test_long_labels_lie() -> None:
    """The greater the number, the longer the bar, with its unit behind it."""
    drawn = drawing(chart(ChartKind.BAR, {"happy people": 40, "others": 10}, unit=" %"), "en")
    assert drawn.boxes[0].width == pytest.approx(4 * drawn.boxes[1].width, abs=0.5)
    assert "40 %" in [mark.words for mark in drawn.marks]


def test_negative_numbers_hang_below_the_line() -> None:
    """Zero is where the bars begin."""
    above, below = drawing(chart(ChartKind.BAR, {"a": 5, "b": -5}), "en").boxes
    assert above.y + above.height == pytest.approx(below.y, abs=0.2)


def test_lines_rise_with_their_numbers() -> None:
    """One line per series, named in the legend."""
    drawn = drawing(chart(ChartKind.LINE, {"a": 1, "b": 2}, {"a": 2, "b": math.nan}), "en")
    first = drawn.paths[0].dots
    assert first[0][1] > first[1][1]
    assert drawn.legend == ((0, "S0"), (1, "S1"))
    assert drawn.rows == (("a", "1", "2"), ("b", "2", "0"))


def test_shares_fill_the_bar() -> None:
    """Each part's length is its share; the legend says the numbers."""
    drawn = drawing(chart(ChartKind.SHARE, {"a": 1, "b": 3}, unit=" %"), "en")
    assert sum(box.width + 2 for box in drawn.boxes) == pytest.approx(WIDTH, abs=0.5)
    assert drawn.legend == ((0, "a: 1 %"), (1, "b: 3 %"))
