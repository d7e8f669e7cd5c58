"""Tables and charts: drawn where Slack can, and always written out."""

import math
from collections.abc import Iterator
from decimal import Decimal

from adapters import plain
from adapters.slack import limits
from adapters.slack.pen import JSON, Pen, blank, lines_of, rich, short, sound, units, visible
from bot.messages import Chart, ChartKind, Series, Table


def table(part: Table, pen: Pen) -> Iterator[JSON]:
    """Draw a table that screen readers read row by row; else write it out in lines."""
    block = _data_table(part, pen)
    written = sum(units(cell["text"]) for row in block["rows"] for cell in row) if block else 0
    if (
        block
        and pen.surface != "modal"
        and pen.tables < limits.TABLES
        and written <= limits.TABLE_CHARACTERS
    ):
        pen.tables += 1
        yield block
        return
    caption = pen.words(part.caption, bold=True)
    yield rich(caption, *lines_of(list(plain.table_lines(part))[1:], pen))


def _data_table(part: Table, pen: Pen) -> JSON | None:
    width = max([len(part.columns), *map(len, part.rows)])
    if not part.rows or len(part.rows) > limits.TABLE_ROWS or not 0 < width <= limits.TABLE_COLUMNS:
        return None
    rows = [
        [
            {"type": "raw_text", "text": pen.text(cell, limits.TABLE_CELL)}
            for cell in (*row, *([""] * (width - len(row))))
        ]
        for row in (part.columns, *part.rows)
    ]
    return {
        "type": "data_table",
        "caption": pen.text(part.caption, limits.LABEL),
        "rows": rows,
        "page_size": len(part.rows),
        "row_header_column_index": 0,
    }


def chart(part: Chart, pen: Pen) -> Iterator[JSON]:
    """Draw a chart where Slack can, and always write its numbers below."""
    drawn = _drawn(part) if pen.surface != "modal" and pen.charts < limits.CHARTS else None
    lines = list(plain.chart_lines(part, pen.lang))
    if drawn:
        pen.charts += 1
        title = pen.text(part.title, limits.CHART_TITLE)
        yield {"type": "data_visualization", "title": title, "chart": drawn}
        if lines[1:]:
            yield rich(*lines_of(lines[1:], pen))
    else:
        yield rich(pen.words(lines[0], bold=True), *lines_of(lines[1:], pen))


def _drawn(part: Chart) -> JSON | None:
    """Return the chart, or None where Slack would refuse it or it would show less than all."""
    finite = all(math.isfinite(point.value) for one in part.series for point in one.points)
    if not finite or not part.series or not part.series[0].points:
        return None
    if part.kind is ChartKind.SHARE:
        return _pie(part.series[0])
    labels = [point.label for point in part.series[0].points]
    same = all([point.label for point in one.points] == labels for one in part.series)
    if not same or len(labels) > limits.CHART_CATEGORIES or len(part.series) > limits.CHART_SERIES:
        return None
    categories = _distinct(labels)
    names = _distinct([one.name for one in part.series])
    series = [
        {
            "name": name,
            "data": [
                {"label": label, "value": _rounded(point.value)}
                for label, point in zip(categories, one.points, strict=True)
            ],
        }
        for name, one in zip(names, part.series, strict=True)
    ]
    axes = {"x_label": part.x_label, "y_label": part.y_label}
    config: JSON = {"categories": categories} | {
        name: short(sound(words), limits.CHART_AXIS)
        for name, words in axes.items()
        if not blank(words)
    }
    kind = "bar" if part.kind is ChartKind.BAR else "line"
    return {"type": kind, "series": series, "axis_config": config}


def _pie(series: Series) -> JSON | None:
    """Return a pie of the six largest shares; those that are left become one."""
    points = sorted((p for p in series.points if _rounded(p.value) > 0), key=lambda p: -p.value)
    if not points or any(point.value < 0 for point in series.points):
        return None
    most = limits.CHART_SERIES if len(points) <= limits.CHART_SERIES else limits.CHART_SERIES - 1
    labels, values = [p.label for p in points[:most]], [p.value for p in points[:most]]
    if rest := points[most:]:
        labels.append(f"… (+{len(rest)})")
        values.append(sum(point.value for point in rest))
    segments = [
        {"label": label, "value": _rounded(value)}
        for label, value in zip(_distinct(labels), values, strict=True)
    ]
    return {"type": "pie", "segments": segments}


def _rounded(value: float) -> float:
    """Return the value to the two decimals that the text shows."""
    rounded = float(round(Decimal(str(value)), 2))
    return int(rounded) if rounded.is_integer() else rounded


def _distinct(labels: list[str]) -> list[str]:
    """Shorten labels so that no two become the same."""
    made: list[str] = []
    for label in labels:
        one = short(visible(sound(label)), limits.CHART_LABEL)
        number = 1
        while one in made:
            number += 1
            one = f"{short(visible(sound(label)), limits.CHART_LABEL - 6)} ({number})"
        made.append(one)
    return made
