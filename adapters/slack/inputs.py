"""What a person fills in."""

from collections.abc import Callable, Iterator
from typing import assert_never

from adapters import plain
from adapters.slack import limits
from adapters.slack.parse import TIME, decode
from adapters.slack.pen import JSON, Pen, blank, checked, named, short, sound
from bot.messages import (
    Choice,
    Field,
    Input,
    Moment,
    MultiChoice,
    Option,
    Part,
    PersonChoice,
    Scale,
    When,
)

_INPUTS = (Choice, MultiChoice, Field, When, PersonChoice)


def asks(part: Part) -> bool:
    """Tell whether a part is filled in rather than read or pressed."""
    return isinstance(part, _INPUTS) or (isinstance(part, Scale) and not part.action)


def asked(part: Input, pen: Pen) -> Iterator[JSON]:
    """Draw an input; a date with a time is two, because Slack's own hides the time zone."""
    name = named(part.id)
    number = 1
    while name in pen.names:
        number += 1
        name = f"{part.id}~{number}"
    pen.names.add(name)
    hint = plain.scale_ends(part) if isinstance(part, Scale) else part.hint
    for suffix, element in _elements(part, pen):
        label = (
            f"{part.label} (hh:mm)" if suffix and element["type"] == "timepicker" else part.label
        )
        made: JSON = {
            "type": "input",
            "block_id": f"{name}{suffix}",
            "label": pen.plain(label, limits.LABEL),
            "optional": part.optional,
            "element": element | {"action_id": part.id},
        }
        if not blank(hint) and not suffix:
            made["hint"] = pen.plain(hint, limits.HINT)
        yield made


def _elements(part: Input, pen: Pen) -> Iterator[tuple[str, JSON]]:
    match part:
        case Choice(options=options, chosen=chosen, optional=optional):
            few = len(options) <= limits.RADIOS and not optional
            kind = "radio_buttons" if few else "static_select"
            yield "", _menu(kind, options, (chosen,), pen)
        case MultiChoice(options=options, chosen=several):
            few = len(options) <= limits.CHECKBOXES
            yield "", _menu("checkboxes" if few else "multi_static_select", options, several, pen)
        case Scale():
            yield "", _menu("static_select", _points(part), (), pen)
        case Field():
            yield "", _field(part, pen)
        case When():
            yield from _pickers(part)
        case PersonChoice(chosen=chosen):
            first = _user(chosen)
            yield "", {"type": "users_select"} | ({"initial_user": first} if first else {})
        case _:
            assert_never(part)


def _points(part: Scale) -> tuple[Option, ...]:
    ends = {part.low: part.low_label, part.high: part.high_label}
    return tuple(
        Option(value=str(point), label=f"{point} — {ends[point]}" if point in ends else str(point))
        for point in range(part.low, part.high + 1)
    )


def _menu(kind: str, options: tuple[Option, ...], chosen: tuple[str, ...], pen: Pen) -> JSON:
    made = [
        {
            "text": pen.plain(option.label, limits.OPTION),
            "value": checked(option.value, limits.OPTION_VALUE),
        }
        for option in options[: limits.OPTIONS * limits.OPTION_GROUPS]
    ]
    picked = [one for one in made if one["value"] in chosen]
    element: JSON = {"type": kind}
    if kind.endswith("select") and len(made) > limits.OPTIONS:
        element["option_groups"] = list(_groups(made, pen))
    else:
        element["options"] = made
    if picked and kind in {"checkboxes", "multi_static_select"}:
        element["initial_options"] = picked
    elif picked:
        element["initial_option"] = picked[0]
    return element


def _groups(made: list[JSON], pen: Pen) -> Iterator[JSON]:
    """Cut a long menu into groups that are named by their numbers."""
    for start in range(0, len(made), limits.OPTIONS):
        some = made[start : start + limits.OPTIONS]
        yield {
            "label": pen.plain(f"{start + 1}–{start + len(some)}", limits.OPTION),
            "options": some,
        }


def _field(part: Field, pen: Pen) -> JSON:
    most = max(1, min(part.max_length, limits.INPUT))
    made: JSON = {"type": "plain_text_input", "multiline": part.long, "max_length": most}
    if part.value:
        made["initial_value"] = short(sound(part.value), min(most, pen.limit))
    return made


def _pickers(part: When) -> Iterator[tuple[str, JSON]]:
    day: JSON = {"type": "datepicker"}
    time: JSON = {"type": "timepicker"}
    if part.value is not None:
        day["initial_date"] = part.value.date().isoformat()
        time["initial_time"] = part.value.strftime("%H:%M")
    picked: dict[Moment, Callable[[], tuple[tuple[str, JSON], ...]]] = {
        Moment.DATE: lambda: (("", day),),
        Moment.TIME: lambda: (("", time),),
        Moment.DATE_AND_TIME: lambda: (("", day), (TIME, time)),
    }
    yield from picked[part.asks]()


def _user(account: str) -> str:
    """Return the user id of an account of this platform; people of others are not in the menu."""
    try:
        return decode(account).place if account else ""
    except ValueError:
        return ""
