"""Where the lines and bars of a chart go. Pure geometry; ``templates/parts.html`` draws it.

A chart is drawn in a coordinate system of its own and scaled by the browser. Short labels stand
below upright bars; long ones beside lying bars, where they have room.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.plain import figure
from bot.messages import Chart, ChartKind, Point, fit

WIDTH = 480
_TOP, _LEFT, _RIGHT, _FLOOR, _BELOW = 18.0, 34.0, 8.0, 168.0, 26.0
_ROW, _BESIDE, _END = 28.0, 150.0, 52.0
_SHORT = 5  # characters of a label that fit below an upright bar
_UPRIGHT = 14  # upright bars that fit side by side with their numbers
_BESIDE_LETTERS = 20
_LETTER = 7.0  # about the width of one
_COLOURS = 6
_THICK = 0.7  # how much of its place a bar takes
_WIDEST = 44.0
_STEPS = (1, 2, 2.5, 5, 10)
_TICKS = 4
_FLAT = 1e-9
_LARGEST = 1e15  # what is beyond it is drawn as that much, and written in full


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A bar or a segment; ``colour`` is the number of a class."""

    x: float
    y: float
    width: float
    height: float
    colour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Words in the drawing; ``anchor`` as SVG has it."""

    x: float
    y: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line through points, and the points."""

    points: str
    dots: tuple[tuple[float, float], ...]
    colour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All that a chart shows, and its numbers as rows of a table."""

    height: float
    boxes: tuple[Box, ...] = ()
    paths: tuple[Path, ...] = ()
    grid: tuple[float, ...] = ()
    marks: tuple[Mark, ...] = ()
    legend: tuple[tuple[int, str], ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    description: str = ""
    width: int = WIDTH


def drawing(chart: Chart, lang: str) -> Drawing:
    """Lay a chart out."""
    match chart.kind:
        case ChartKind.SHARE:
            return _shares(chart, lang)
        case ChartKind.LINE:
            return _lines(chart, lang)
        case ChartKind.BAR:
            long = any(len(label) > _SHORT for label in _labels(chart))
            many = len(_labels(chart)) * len(chart.series) > _UPRIGHT
            return _lying(chart, lang) if long or many else _upright(chart, lang)


def _upright(chart: Chart, lang: str) -> Drawing:
    scale = _Scale.over(_values(chart))
    labels, many = _labels(chart), max(len(chart.series), 1)
    place = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    thick = min(place * _THICK / many, _WIDEST)
    boxes, marks = [], _axis(scale, lang)
    for column, label in enumerate(labels):
        middle = _LEFT + place * (column + 0.5)
        marks.append(Mark(x=_r(middle), y=_FLOOR + 16, words=label))
        for colour, one in enumerate(chart.series):
            value = _at(one.points, column)
            x = middle + thick * (colour - many / 2)
            top, foot = scale.y(max(value, 0)), scale.y(min(value, 0))
            boxes.append(_box(x, top, max(thick - 2, 1), foot - top, colour))
            marks.append(Mark(x=_r(x + thick / 2 - 1), y=_r(top - 4), words=figure(value, lang)))
    return _with_numbers(
        chart,
        lang,
        height=_FLOOR + _BELOW,
        boxes=boxes,
        marks=marks,
        grid=[scale.y(tick) for tick in scale.ticks],
    )


def _lying(chart: Chart, lang: str) -> Drawing:
    scale = _Scale.over(_values(chart))
    labels, many = _labels(chart), max(len(chart.series), 1)
    row = max(_ROW, 16.0 * many + 8)
    beside = min(max(map(len, labels), default=0) * _LETTER + 12, _BESIDE)
    room = WIDTH - beside - _END
    boxes, marks = [], []
    for line, label in enumerate(labels):
        top = row * line + 4
        marks.append(
            Mark(
                x=_r(beside - 8),
                y=_r(top + row / 2),
                words=fit(label, _BESIDE_LETTERS),
                anchor="end",
            )
        )
        thick = (row - 10) / many
        for colour, one in enumerate(chart.series):
            value = _at(one.points, line)
            width = max(value, 0) / scale.high * room
            y = top + thick * colour + 1
            boxes.append(_box(beside, y, max(width, 1), thick - 2, colour))
            words = figure(value, lang) + chart.unit
            marks.append(
                Mark(x=_r(beside + width + 6), y=_r(y + thick / 2 + 3), words=words, anchor="start")
            )
    height = row * max(len(labels), 1) + 8
    return _with_numbers(chart, lang, height=height, boxes=boxes, marks=marks)


def _lines(chart: Chart, lang: str) -> Drawing:
    scale = _Scale.over(_values(chart))
    labels = _labels(chart)
    place = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    every = math.ceil(len(labels) * 44 / (WIDTH - _LEFT)) or 1
    marks = _axis(scale, lang)
    marks += [
        Mark(x=_r(_LEFT + place * (at + 0.5)), y=_FLOOR + 16, words=fit(label, 8))
        for at, label in enumerate(labels)
        if at % every == 0
    ]
    paths = []
    for colour, one in enumerate(chart.series):
        dots = tuple(
            (_r(_LEFT + place * (at + 0.5)), _r(scale.y(_finite(point.value))))
            for at, point in enumerate(one.points)
        )
        points = " ".join(f"{x},{y}" for x, y in dots)
        paths.append(Path(points=points, dots=dots, colour=colour % _COLOURS))
    return _with_numbers(
        chart,
        lang,
        height=_FLOOR + _BELOW,
        paths=paths,
        marks=marks,
        grid=[scale.y(tick) for tick in scale.ticks],
    )


def _shares(chart: Chart, lang: str) -> Drawing:
    points = chart.series[0].points if chart.series else ()
    values = [max(_finite(point.value), 0) for point in points]
    total = sum(values) or 1
    boxes, x = [], 0.0
    for at, value in enumerate(values):
        width = value / total * WIDTH
        boxes.append(_box(x, 2, max(width - 2, 0), 26, at))
        x += width
    legend = [
        (at % _COLOURS, f"{point.label}: {figure(point.value, lang)}{chart.unit}")
        for at, point in enumerate(points)
    ]
    return _with_numbers(chart, lang, height=30, boxes=boxes, legend=legend)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From a value to its height."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, values: Sequence[float]) -> "_Scale":
        """Span zero and all values, ending on round numbers."""
        low, high = min([0.0, *values]), max([0.0, *values])
        span = high - low if high - low > _FLAT else 1.0
        power = 10.0 ** math.floor(math.log10(span / _TICKS))
        step = next(one * power for one in _STEPS if one * power * _TICKS >= span)
        first, last = math.floor(low / step), max(math.ceil(high / step), 1)
        ticks = tuple(at * step for at in range(first, last + 1))
        return cls(low=ticks[0], high=ticks[-1], ticks=ticks)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return _r(_FLOOR - share * (_FLOOR - _TOP))


def _axis(scale: _Scale, lang: str) -> list[Mark]:
    return [
        Mark(x=_LEFT - 6, y=_r(scale.y(tick) + 4), words=figure(tick, lang), anchor="end")
        for tick in scale.ticks
    ]


def _with_numbers(
    chart: Chart,
    lang: str,
    *,
    height: float,
    boxes: Sequence[Box] = (),
    paths: Sequence[Path] = (),
    marks: Sequence[Mark] = (),
    grid: Sequence[float] = (),
    legend: Sequence[tuple[int, str]] = (),
) -> Drawing:
    """Put the drawing together with its numbers and a sentence that holds them all."""
    several = len(chart.series) > 1
    rows = tuple(
        (label, *(figure(_at(one.points, at), lang) + chart.unit for one in chart.series))
        for at, label in enumerate(_labels(chart))
    )
    return Drawing(
        height=height,
        boxes=tuple(boxes),
        paths=tuple(paths),
        grid=tuple(grid),
        marks=tuple(marks),
        legend=tuple(legend)
        or (tuple((at % _COLOURS, one.name) for at, one in enumerate(chart.series)) * several),
        head=(chart.x_label, *(one.name for one in chart.series)),
        rows=rows,
        description="; ".join(f"{row[0]}: {', '.join(row[1:])}" for row in rows),
    )


def _labels(chart: Chart) -> tuple[str, ...]:
    return tuple(point.label for point in chart.series[0].points) if chart.series else ()


def _values(chart: Chart) -> list[float]:
    return [_finite(point.value) for one in chart.series for point in one.points]


def _at(points: Sequence[Point], at: int) -> float:
    return _finite(points[at].value) if at < len(points) else 0.0


def _finite(value: float) -> float:
    return min(max(value, -_LARGEST), _LARGEST) if math.isfinite(value) else 0.0


def _box(x: float, y: float, width: float, height: float, colour: int) -> Box:
    return Box(
        x=_r(x), y=_r(y), width=_r(width), height=_r(max(height, 0)), colour=colour % _COLOURS
    )


def _r(value: float) -> float:
    return round(value, 1)
