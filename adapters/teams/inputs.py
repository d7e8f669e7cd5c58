"""Inputs, and the scale that is answered with one tap."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, assert_never

from adapters.teams import sealed
from adapters.teams.limits import POINTS_IN_ROW, TAPPED_POINTS
from adapters.teams.pen import Pen, action_sets
from adapters.teams.text import JSON, clean
from adapters.teams.words import put
from bot.messages import (
    Choice,
    Field,
    Input,
    Moment,
    MultiChoice,
    Option,
    PersonChoice,
    Scale,
    When,
    fit,
)

# Up to this many options are all in view; more open as a list.
IN_VIEW: Final = 5
MOST_OPTIONS: Final = 300


def draw(part: Input, pen: Pen) -> list[JSON]:
    """Draw an input, with what was wrong about its last value in front of it."""
    said = pen.errors.get(part.id, "")
    warning = pen.text(f"⚠ {said}", color="Attention", weight="Bolder") if said.strip() else []
    return [*warning, *_drawn(part, pen)]


def _drawn(part: Input, pen: Pen) -> list[JSON]:
    match part:
        case Choice():
            return _choice(part, pen)
        case MultiChoice():
            return _many(part, pen)
        case PersonChoice():
            return [_person(part, pen)]
        case Scale():
            return _scale(part, pen)
        case Field():
            return [_field(part, pen)]
        case When():
            return _when(part, pen)
    assert_never(part)


def _choices(
    options: Iterable[Option], pen: Pen, *, many: bool = False
) -> tuple[list[JSON], int, bool]:
    """Return choices, how many were left out, and whether all are in view."""
    unique = {clean(one.value): one.label for one in options}
    most = max(IN_VIEW, min(MOST_OPTIONS, pen.step // 20))
    shown = list(unique.items())[:most]
    in_view = len(shown) <= IN_VIEW
    wire = sealed.many_value if many else str
    choices = [
        {"title": _choice_title(label or value, pen, in_view=in_view), "value": wire(value)}
        for value, label in shown
    ]
    return choices, len(unique) - len(shown), in_view


def _choice_title(label: str, pen: Pen, *, in_view: bool) -> str:
    """Name an option; radio buttons and check boxes read markdown, lists do not."""
    return pen.title(pen.markdown(label) if in_view else label)


def _choice_set(
    part: Choice | MultiChoice, pen: Pen, chosen: Sequence[str], *, many: bool
) -> list[JSON]:
    choices, missing, in_view = _choices(part.options, pen, many=many)
    if not choices:
        return pen.text(part.label)
    offered = {str(one["value"]) for one in choices}
    wire = sealed.many_value if many else str
    value = ",".join(v for v in (wire(clean(one)) for one in chosen) if v in offered)
    label = pen.label(part.label, part.hint)
    drawn: JSON = {"type": "Input.ChoiceSet", "id": pen.name(part.id), "label": label}
    drawn |= {"choices": choices, "wrap": True, "style": "expanded" if in_view else "compact"}
    drawn |= {"isMultiSelect": True} if many else {}
    drawn |= {"value": value} if value else {}
    drawn |= pen.required(part.label or label, optional=part.optional)
    return [drawn, *(pen.text(f"… (+{missing})") if missing else [])]


def _choice(part: Choice, pen: Pen) -> list[JSON]:
    return _choice_set(part, pen, [part.chosen], many=False)


def _many(part: MultiChoice, pen: Pen) -> list[JSON]:
    return _choice_set(part, pen, part.chosen, many=True)


def _person(part: PersonChoice, pen: Pen) -> JSON:
    """Offer the people we know, and whoever else the client finds in the directory."""
    choices, _, _ = _choices(part.known, pen)
    label = pen.label(part.label, part.hint)
    drawn: JSON = {"type": "Input.ChoiceSet", "id": pen.name(part.id), "label": label}
    drawn |= {"choices": choices}
    drawn |= {"choices.data": {"type": "Data.Query", "dataset": "graph.microsoft.com/users"}}
    if part.chosen in {one["value"] for one in choices} - {""}:
        drawn["value"] = part.chosen
    return drawn | pen.required(part.label or label, optional=part.optional)


def _field(part: Field, pen: Pen) -> JSON:
    label = pen.label(part.label, part.hint)
    drawn: JSON = {"type": "Input.Text", "id": pen.name(part.id), "label": label}
    drawn |= {"isMultiline": part.long, "maxLength": max(1, part.max_length)}
    if part.value:
        drawn["value"] = fit(clean(part.value), min(pen.step, max(1, part.max_length)))
    return drawn | pen.required(part.label or label, optional=part.optional)


def _when(part: When, pen: Pen) -> list[JSON]:
    name, label = pen.name(part.id), pen.label(part.label, part.hint)
    must = pen.required(part.label or label, optional=part.optional)
    day: JSON = {"type": "Input.Date", "id": name, "label": label, **must}
    hour: JSON = {"type": "Input.Time", "id": name, "label": label, **must}
    if part.value:
        day["value"], hour["value"] = f"{part.value:%Y-%m-%d}", f"{part.value:%H:%M}"
    match part.asks:
        case Moment.DATE:
            return [day]
        case Moment.TIME:
            return [hour]
        case Moment.DATE_AND_TIME:
            return [day, hour | {"id": name + sealed.TIME_SUFFIX}]
    assert_never(part.asks)


def _scale(part: Scale, pen: Pen) -> list[JSON]:
    points = range(min(part.low, part.high), max(part.low, part.high) + 1)
    tapped = len(points) <= TAPPED_POINTS
    if part.action:
        return _taps(part, points, pen) if tapped else _typed_with_button(part, points, pen)
    return [_listed(part, points, pen) if tapped else _typed(part, points, pen)]


def _ends(part: Scale) -> str:
    ends = ((part.low, part.low_label), (part.high, part.high_label))
    return " · ".join(f"{point} = {label}" for point, label in ends if label.strip())


def _taps(part: Scale, points: range, pen: Pen) -> list[JSON]:
    """Draw points that answer at a touch, in rows that a phone shows without scrolling."""
    pen.name(part.id)
    drawn = [*pen.text(part.label, weight="Bolder"), *pen.text(_ends(part), isSubtle=True)]
    for start in range(0, len(points), POINTS_IN_ROW):
        columns = [_tap(part, point, pen) for point in points[start : start + POINTS_IN_ROW]]
        if start:  # empty columns keep the points of all rows below each other
            spare = min(POINTS_IN_ROW, len(points)) - len(columns)
            columns += [{"type": "Column", "width": "stretch", "items": []}] * spare
        drawn.append({"type": "ColumnSet", "columns": columns, "spacing": "Small"})
    return drawn


def _tap(part: Scale, point: int, pen: Pen) -> JSON:
    data = pen.data(part.action, part.argument) | {sealed.wire_id(clean(part.id)): str(point)}
    title = put(pen.words.point, value=str(point), high=str(part.high))
    figure = {"type": "TextBlock", "text": str(point), "wrap": True, "weight": "Bolder"}
    return {
        "type": "Column",
        "width": "stretch",
        "style": "emphasis",
        "items": [figure | {"horizontalAlignment": "Center"}],
        "selectAction": pen.press(part.action, data, title=title, associatedInputs="none"),
    }


def _listed(part: Scale, points: range, pen: Pen) -> JSON:
    named = {part.low: part.low_label, part.high: part.high_label}
    titles = ((point, named.get(point, "")) for point in points)
    choices = [
        {"title": pen.title(f"{point} – {clean(end)}" if end.strip() else str(point)),
         "value": str(point)}
        for point, end in titles
    ]  # fmt: skip
    label = pen.label(part.label)
    drawn: JSON = {"type": "Input.ChoiceSet", "id": pen.name(part.id), "label": label}
    drawn |= {"choices": choices, "style": "compact"}
    return drawn | pen.required(part.label or label, optional=part.optional)


def _typed(part: Scale, points: range, pen: Pen) -> JSON:
    ends = put(pen.words.typed_scale, label=part.label, low=str(part.low), high=str(part.high))
    label = pen.label(ends, _ends(part))
    drawn: JSON = {"type": "Input.Number", "id": pen.name(part.id), "label": label}
    drawn |= {"min": points[0], "max": points[-1]}
    return drawn | pen.required(part.label or label, optional=part.optional)


def _typed_with_button(part: Scale, points: range, pen: Pen) -> list[JSON]:
    data = pen.data(part.action, part.argument)
    button = pen.press(part.action, data, title=pen.title(part.label))
    return [_typed(part, points, pen), *action_sets([button], 1)]


def moment(value: str) -> datetime | None:
    """Read back what a date or time input gave; None for anything else."""
    for shape in ("%Y-%m-%dT%H:%M", "%Y-%m-%d", "%H:%M"):
        try:
            return datetime.strptime(value, shape).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
