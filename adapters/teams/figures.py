"""Facts, tables, charts and progress: everything with numbers in it."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import assert_never

from adapters import plain
from adapters.teams.limits import CHART_POINTS, CHART_SERIES, TABLE_COLUMNS, TABLE_ROWS
from adapters.teams.pen import Pen
from adapters.teams.text import JSON, clean, escaped, runs
from bot.messages import Chart, ChartKind, Facts, Progress, Series, Table, fit

_NONE = "–"
# A card is drawn up to six times until it fits, and writing a number costs as much as a paragraph.
figure = lru_cache(maxsize=4_096)(plain.figure)


def facts(part: Facts, pen: Pen) -> list[JSON]:
    """Draw labelled values."""
    shown = [
        {"title": pen.markdown(one.label), "value": escaped(one.value, pen.step)}
        for one in part.facts
    ]
    return [{"type": "FactSet", "facts": shown}] if shown else []


def table(part: Table, pen: Pen) -> list[JSON]:
    """Draw rows under a header; what does not fit is counted in a last line."""
    caption = pen.text(part.caption, weight="Bolder")
    if not part.columns:
        return caption
    widest = max(len(row) for row in (part.columns, *part.rows))
    whole_header = (*part.columns, *[""] * (widest - len(part.columns)))
    columns = whole_header[:TABLE_COLUMNS]
    most = min(TABLE_ROWS, max(5, pen.step // 20))
    rows = [row[:TABLE_COLUMNS] for row in part.rows[:most]]
    drawn = _grid(columns, rows, pen)
    missing = [
        f"… (+{len(whole) - len(shown)})"
        for whole, shown in ((whole_header, columns), (part.rows, rows))
        if len(whole) > len(shown)
    ]
    return [*caption, drawn, *(block for line in missing for block in pen.text(line))]


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]], pen: Pen) -> JSON:
    padded = [columns, *([*row, *[""] * (len(columns) - len(row))] for row in rows)]
    return {
        "type": "Table",
        "firstRowAsHeader": True,
        "columns": [{"width": 1} for _ in columns],
        "rows": [
            {"type": "TableRow", "cells": [_cell(one, pen, header=not row) for one in cells]}
            for row, cells in enumerate(padded)
        ],
    }


def _cell(words: str, pen: Pen, *, header: bool) -> JSON:
    style = {"weight": "Bolder"} if header else {}
    shown = fit(clean(words), min(pen.step, 500)).replace("\n", " ")
    inlines = runs(shown if shown.strip() else _NONE, **style)
    return {"type": "TableCell", "items": [{"type": "RichTextBlock", "inlines": inlines}]}


def progress(part: Progress, pen: Pen) -> list[JSON]:
    """Say how far something is, and draw a bar for those who see it."""
    total = max(part.total, 0)
    done = min(max(part.done, 0), total)
    bar = [
        {"type": "Column", "width": width, "style": style, "minHeight": "8px", "items": []}
        for width, style in ((done, "accent"), (total - done, "emphasis"))
        if width
    ]
    drawn = [{"type": "ColumnSet", "columns": bar, "spacing": "Small"}] if bar else []
    return [*(pen.text(part.words) or pen.text(f"{done}/{total}")), *drawn]


def chart(part: Chart, pen: Pen) -> list[JSON]:
    """Draw a chart, with its numbers in words beside it and as a table in its place."""
    shown = [_finite(one) for one in part.series[:CHART_SERIES]]
    title = pen.text(part.title, weight="Bolder")
    numbers = [line for one in part.series for line in _said(one, part, pen)]
    drawn = [one for one in shown if one.points]
    if not drawn:
        return [*title, *numbers]
    fallback = {"type": "Container", "items": _as_table(part, drawn, pen)}
    element = {"type": _type(part.kind, len(drawn)), "title": pen.title(part.title)}
    if part.kind is not ChartKind.SHARE:
        element |= {"xAxisTitle": pen.title(part.x_label, "")} if part.x_label.strip() else {}
        element |= {"yAxisTitle": pen.title(part.y_label, "")} if part.y_label.strip() else {}
    data = _data(part.kind, drawn, pen)
    return [*title, {**element, "data": data, "fallback": fallback}, *numbers]


def _finite(series: Series) -> Series:
    """Keep the points that JSON can carry."""
    points = tuple(one for one in series.points if math.isfinite(one.value))
    return Series(name=series.name, points=points[:CHART_POINTS])


def _said(series: Series, part: Chart, pen: Pen) -> list[JSON]:
    unit = clean(part.unit)
    points = "; ".join(f"{one.label}: {figure(one.value, pen.lang)}{unit}" for one in series.points)
    named = f"{series.name} – {points}" if len(part.series) > 1 and series.name.strip() else points
    return pen.text(named.replace("\n", " "), size="Small", isSubtle=True)


def _type(kind: ChartKind, series: int) -> str:
    match kind:
        case ChartKind.SHARE:
            return "Chart.Donut"
        case ChartKind.LINE:
            return "Chart.Line"
        case ChartKind.BAR:
            return "Chart.VerticalBar" if series == 1 else "Chart.VerticalBar.Grouped"
    assert_never(kind)


def _data(kind: ChartKind, series: Sequence[Series], pen: Pen) -> list[JSON]:
    if kind is ChartKind.SHARE:
        first = series[0].points
        return [{"legend": pen.title(one.label), "value": one.value} for one in first]
    if kind is ChartKind.BAR and len(series) == 1:
        return list(_points(series[0], pen))
    return [{"legend": pen.title(one.name), "values": list(_points(one, pen))} for one in series]


def _points(series: Series, pen: Pen) -> Iterator[JSON]:
    for one in series.points:
        yield {"x": pen.title(one.label), "y": one.value}


def _as_table(part: Chart, series: Sequence[Series], pen: Pen) -> list[JSON]:
    """Return the same numbers, one row for each label."""
    labels = list(dict.fromkeys(point.label for one in series for point in one.points))
    values = [{point.label: point.value for point in one.points} for one in series]
    header = (part.x_label or _NONE, *(one.name or part.title for one in series))
    rows = tuple(
        (label, *(_number(one.get(label), part, pen) for one in values)) for label in labels
    )
    return table(Table(caption=part.title, columns=header, rows=rows), pen)


def _number(value: float | None, part: Chart, pen: Pen) -> str:
    return _NONE if value is None else f"{figure(value, pen.lang)}{part.unit}"
