"""Cards to Block Kit. Pure; never exceeds a limit, whatever was written.

What people wrote goes into ``rich_text`` and ``plain_text`` only, where nothing is markup and
nobody is notified. The blocks carry no ids of ours but those of inputs: Slack then makes new ones
with each update, as it asks for, while an input of the same name keeps what was typed.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias, assert_never

from adapters import plain
from adapters.slack import limits
from adapters.slack.parse import ACTION, DIALOG, TIME, decode, sealed
from bot.messages import (
    Button,
    Buttons,
    Card,
    Chart,
    ChartKind,
    Choice,
    Context,
    Dialog,
    Divider,
    Facts,
    Field,
    Heading,
    Input,
    Link,
    Moment,
    MultiChoice,
    Option,
    Part,
    PersonChoice,
    Progress,
    Quote,
    Scale,
    Series,
    Table,
    Text,
    Tone,
    When,
    fit,
)

JSON: TypeAlias = dict[str, Any]

_NOTHING = "—"
_RTL_MARK = "\u200f"
_BAR = 20
_LADDER = (12_000, 6_000, 3_000, 1_500, 600, 200, 60)
"""How long one text may be, longest first: the first step with which all parts fit is taken."""
_STYLES = {Tone.STRONG: "primary", Tone.GOOD: "primary", Tone.DANGER: "danger"}
_LOUD = {Tone.STRONG, Tone.WARNING, Tone.DANGER}
_DENY = {"en": "Cancel", "de": "Abbrechen", "fr": "Annuler", "es": "Cancelar", "it": "Annulla"}
"""The word on the second button of a confirmation, which the neutral card does not carry."""
_INPUTS = (Choice, MultiChoice, Field, When, PersonChoice)


def message(card: Card, *, key: bytes) -> JSON:
    """Return ``text`` and ``blocks`` of a message."""
    return {"text": spoken(card), "blocks": _card_blocks(card, "message", key)}


def home(card: Card, *, key: bytes) -> JSON:
    """Return the view of the home surface."""
    return {"type": "home", "blocks": _card_blocks(card, "home", key)}


def dialog(shown: Dialog, *, key: bytes) -> JSON:
    """Return the view of a dialog; its action travels signed, as private metadata."""
    pen = _Pen(surface="modal", lang=shown.lang, rtl=shown.rtl, key=key)
    state = sealed(key, DIALOG, shown.action, shown.argument)
    return {
        "type": "modal",
        "callback_id": _checked(shown.action, limits.ID),
        "private_metadata": _checked(state, limits.PRIVATE_METADATA),
        "title": pen.plain(shown.title, limits.VIEW_TITLE),
        "submit": pen.plain(shown.submit, limits.VIEW_TITLE),
        "close": pen.plain(shown.cancel, limits.VIEW_TITLE),
        "blocks": _fitted(shown.parts, pen) or [_rich(pen.words(shown.summary))],
    }


def page(card: Card, *, key: bytes) -> JSON:
    """Return a card as a modal to read, for where there is no message to answer in."""
    parts = tuple(part for part in card.parts if not _asks(part))
    titles = (part.words for part in card.parts if isinstance(part, Heading))
    pen = _Pen(surface="modal", lang=card.lang, rtl=card.rtl, key=key)
    return {
        "type": "modal",
        "title": pen.plain(next(titles, "Groundswell"), limits.VIEW_TITLE),
        "blocks": _fitted(parts, pen) or [_rich(pen.words(card.summary))],
    }


def ephemeral(card: Card, *, key: bytes) -> JSON:
    """Return the answer to a command: only the person who typed it sees it."""
    return {"response_type": "ephemeral", **message(card, key=key)}


def spoken(card: Card) -> str:
    """Return the whole card in plain words, for screen readers and notifications.

    Escaped as Slack asks, so that nobody is notified by what somebody wrote.
    """
    words = _sound(plain.render(card))
    room = limits.TEXT
    while len(text := _escaped(short(words, room))) > limits.TEXT:
        room -= max(1, (len(text) - limits.TEXT) // 5)
    return text


def short(words: str, most: int) -> str:
    """Shorten visibly to what Slack counts as ``most`` characters: UTF-16 units, the stricter."""
    if _units(words) <= most:
        return words
    room = most
    while over := max(0, _units(kept := fit(words, room)) - most):
        room -= (over + 1) // 2
    return kept


# --- the pen -------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Pen:
    """How texts are written on one surface, and what stands there already."""

    surface: str
    lang: str
    rtl: bool
    key: bytes
    limit: int = limits.PLAIN_TEXT
    charts: int = 0
    tables: int = 0
    names: set[str] = field(default_factory=set)

    def again(self, limit: int) -> "_Pen":
        """Return a pen for an empty surface, with another longest text."""
        return _Pen(surface=self.surface, lang=self.lang, rtl=self.rtl, key=self.key, limit=limit)

    def text(self, words: str, most: int) -> str:
        """Return words that are safe, visible and short enough."""
        lead = _RTL_MARK if self.rtl else ""
        return lead + short(_visible(_sound(words)), min(most, self.limit) - len(lead))

    def plain(self, words: str, most: int) -> JSON:
        """Return a plain text object in which ``:smile:`` stays what it is."""
        return {"type": "plain_text", "text": self.text(words, most), "emoji": False}

    def words(self, words: str, *, bold: bool = False, italic: bool = False) -> JSON:
        """Return a section of rich text."""
        return _section(_text(self.text(words, limits.CHARACTERS), bold=bold, italic=italic))

    def beside(self, words: str) -> str:
        """Return words that share their line with others and must not turn these around."""
        isolated = plain.isolated(_sound(words))
        if self.rtl and isolated == words and not words.isdigit():
            return f"\u2068{words}\u2069"
        return isolated


def _section(*elements: JSON) -> JSON:
    return {"type": "rich_text_section", "elements": list(elements)}


def _rich(*elements: JSON) -> JSON:
    return {"type": "rich_text", "elements": list(elements)}


def _text(words: str, *, bold: bool = False, italic: bool = False) -> JSON:
    style = {"bold": bold, "italic": italic}
    chosen = {name: True for name, on in style.items() if on}
    return {"type": "text", "text": words} | ({"style": chosen} if chosen else {})


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _units(words: str) -> int:
    return len(words) if words.isascii() else len(words.encode("utf-16-le", "surrogatepass")) // 2


def _sound(words: str) -> str:
    """Replace half surrogates, which no request can carry."""
    if words.isascii():
        return words
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _visible(words: str) -> str:
    """Return the words, or a dash where nothing could be seen: Slack refuses empty texts."""
    seen = any(one.isprintable() and not one.isspace() for one in words)
    return words if seen else _NOTHING


def _blank(words: str) -> bool:
    return _visible(words) != words


def _checked(made: str, most: int) -> str:
    """Return what we made ourselves; too long is a defect, never to be cut."""
    if len(made) > most:
        raise ValueError(f"{len(made)} characters where Slack takes {most}")
    return made


# --- fitting -------------------------------------------------------------------------------


def _card_blocks(card: Card, surface: str, key: bytes) -> list[JSON]:
    pen = _Pen(surface=surface, lang=card.lang, rtl=card.rtl, key=key)
    return _fitted(card.parts, pen) or [_rich(pen.words(card.summary))]


def _fitted(parts: tuple[Part, ...], pen: _Pen) -> list[JSON]:
    """Draw the parts with the longest texts with which all of them fit.

    Where not even the shortest fit, those at the end are left out and a last line says how many.
    """
    drawn: list[list[JSON]] = []
    for limit in _LADDER:
        now = pen.again(limit)
        drawn = [list(_draw(part, now)) for part in parts]
        blocks = [block for group in drawn for block in group]
        if len(blocks) <= limits.BLOCKS[pen.surface] and _size(blocks) <= limits.CHARACTERS:
            return blocks
    return _first(drawn, pen)


def _first(drawn: list[list[JSON]], pen: _Pen) -> list[JSON]:
    """Return as many parts as fit, and how many did not."""
    room, characters = limits.BLOCKS[pen.surface] - 1, limits.CHARACTERS - 100
    blocks: list[JSON] = []
    for position, group in enumerate(drawn):
        characters -= _size(group)
        if len(blocks) + len(group) > room or characters < 0:
            return [*blocks, _rich(_section(_text(f"… (+{len(drawn) - position})")))]
        blocks += group
    return blocks


_COUNTED = ("text", "initial_value", "label", "name", "title")


def _size(value: Any) -> int:  # noqa: ANN401 - blocks nest freely
    """Count the text of blocks as Slack does; a table has a sum of its own."""
    if isinstance(value, list):
        return sum(map(_size, value))
    if not isinstance(value, dict) or value.get("type") == "data_table":
        return 0
    return sum(
        _units(inner) if isinstance(inner, str) and name in _COUNTED else _size(inner)
        for name, inner in value.items()
    )


# --- parts ---------------------------------------------------------------------------------


def _draw(part: Part, pen: _Pen) -> Iterator[JSON]:  # noqa: C901, PLR0912 - one arm per part
    match part:
        case Heading():
            yield from _heading(part, pen)
        case Text(words=words, tone=tone):
            if not _blank(words):
                yield _rich(pen.words(words, bold=tone in _LOUD))
        case Quote():
            yield _quote(part, pen)
        case Facts(facts=facts):
            if facts:
                yield _rich(*_facts(part, pen))
        case Table():
            yield from _table(part, pen)
        case Chart():
            yield from _chart(part, pen)
        case Progress():
            yield _progress(part, pen)
        case Link():
            yield _rich(_link(part, pen))
        case Divider():
            yield {"type": "divider"}
        case Context(words=words):
            if not _blank(words):
                yield _context(words, pen)
        case Buttons(buttons=buttons):
            yield from _actions([_button(one, pen) for one in buttons])
        case Scale():
            yield from _scale(part, pen) if part.action else _inputs(part, pen)
        case Choice() | MultiChoice() | Field() | When() | PersonChoice():
            yield from _inputs(part, pen)
        case _:
            assert_never(part)


def _heading(part: Heading, pen: _Pen) -> Iterator[JSON]:
    if _blank(part.words):
        return
    one_line = "\n" not in part.words.strip() and _units(part.words) < limits.HEADER
    if one_line:
        yield {"type": "header", "text": pen.plain(part.words, limits.HEADER)}
    else:  # a long title is shown whole, as bold text
        yield _rich(pen.words(part.words, bold=True))


def _quote(part: Quote, pen: _Pen) -> JSON:
    words = _text(pen.text(part.words, limits.CHARACTERS))
    by = [pen.words(f"— {pen.beside(part.by)}", italic=True)] if not _blank(part.by) else []
    return _rich({"type": "rich_text_quote", "elements": [words]}, *by)


def _facts(part: Facts, pen: _Pen) -> Iterator[JSON]:
    for fact in part.facts[: limits.FACTS]:
        label = pen.text(f"{pen.beside(fact.label)}: ", limits.LABEL)
        value = short(_visible(pen.beside(fact.value)), min(limits.CHARACTERS, pen.limit))
        yield _section(_text(label, bold=True), _text(value))
    if (more := len(part.facts) - limits.FACTS) > 0:
        yield _section(_text(f"… (+{more})"))


def _lines(lines: list[str], pen: _Pen) -> Iterator[JSON]:
    """Write each line as a section of its own."""
    for line in lines[: limits.LINES]:
        yield pen.words(line)
    if (more := len(lines) - limits.LINES) > 0:
        yield _section(_text(f"… (+{more})"))


def _context(words: str, pen: _Pen) -> JSON:
    if _units(words) < limits.CONTEXT:
        return {"type": "context", "elements": [pen.plain(words, limits.CONTEXT)]}
    return _rich(pen.words(words, italic=True))


def _progress(part: Progress, pen: _Pen) -> JSON:
    share = min(1.0, max(0.0, part.done / part.total)) if part.total > 0 else 0.0
    full = math.floor(share * _BAR)
    done, total = plain.figure(part.done, pen.lang), plain.figure(part.total, pen.lang)
    bar = f"{'█' * full}{'░' * (_BAR - full)} {done}/{total}"
    return _rich(pen.words(part.words), _section(_text(bar)))


def _link(part: Link, pen: _Pen) -> JSON:
    words = pen.text(part.words, limits.LABEL)
    scheme, _, rest = part.url.partition("://")
    sound = part.url.isprintable() and " " not in part.url and len(part.url) <= limits.URL
    if scheme in {"http", "https"} and rest and sound:
        return _section({"type": "link", "url": part.url, "text": words})
    return pen.words(f"{words}: {part.url}")


# --- tables and charts ---------------------------------------------------------------------


def _table(part: Table, pen: _Pen) -> Iterator[JSON]:
    """Draw a table that screen readers read row by row; else write it out in lines."""
    block = _data_table(part, pen)
    written = sum(_units(cell["text"]) for row in block["rows"] for cell in row) if block else 0
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
    yield _rich(caption, *_lines(list(plain.table_lines(part))[1:], pen))


def _data_table(part: Table, pen: _Pen) -> JSON | None:
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


def _chart(part: Chart, pen: _Pen) -> Iterator[JSON]:
    """Draw a chart where Slack can, and always write its numbers below."""
    drawn = _drawn(part) if pen.surface != "modal" and pen.charts < limits.CHARTS else None
    lines = list(plain.chart_lines(part, pen.lang))
    if drawn:
        pen.charts += 1
        title = pen.text(part.title, limits.CHART_TITLE)
        yield {"type": "data_visualization", "title": title, "chart": drawn}
        if lines[1:]:
            yield _rich(*_lines(lines[1:], pen))
    else:
        yield _rich(pen.words(lines[0], bold=True), *_lines(lines[1:], pen))


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
        name: short(_sound(words), limits.CHART_AXIS)
        for name, words in axes.items()
        if not _blank(words)
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
        one = short(_visible(_sound(label)), limits.CHART_LABEL)
        number = 1
        while one in made:
            number += 1
            one = f"{short(_visible(_sound(label)), limits.CHART_LABEL - 6)} ({number})"
        made.append(one)
    return made


# --- buttons -------------------------------------------------------------------------------


def _actions(elements: list[JSON]) -> Iterator[JSON]:
    """Put buttons into rows; the same action twice in a row gets an id of its own."""
    for start in range(0, len(elements), limits.ACTIONS):
        row = elements[start : start + limits.ACTIONS]
        seen: set[str] = set()
        for number, element in enumerate(row):
            if element["action_id"] in seen:
                element["action_id"] += f":{number}"
            seen.add(element["action_id"])
        yield {"type": "actions", "elements": row}


def _button(part: Button, pen: _Pen) -> JSON:
    value = sealed(pen.key, ACTION, part.action, part.argument)
    made: JSON = {
        "type": "button",
        "action_id": _checked(part.action, limits.ID - 4),
        "text": pen.plain(part.label, limits.BUTTON),
        "value": _checked(value, limits.BUTTON_VALUE),
    }
    if part.tone in _STYLES:
        made["style"] = _STYLES[part.tone]
    if not _blank(part.hint):
        made["accessibility_label"] = short(_sound(part.hint), limits.ACCESSIBILITY_LABEL)
    if not _blank(part.confirm):
        made["confirm"] = _confirm(part, pen)
    return made


def _confirm(part: Button, pen: _Pen) -> JSON:
    deny = _DENY.get(pen.lang.split("-", 1)[0], "✕") if pen.lang != "en-XA" else "✕"
    made: JSON = {
        "title": pen.plain(part.label, limits.CONFIRM_TITLE),
        "text": pen.plain(part.confirm, limits.CONFIRM_TEXT),
        "confirm": pen.plain(part.label, limits.CONFIRM_BUTTON),
        "deny": pen.plain(deny, limits.CONFIRM_BUTTON),
    }
    if part.tone is Tone.DANGER:
        made["style"] = "danger"
    return made


def _scale(part: Scale, pen: _Pen) -> Iterator[JSON]:
    """Draw a scale as one button per point, both ends in words above them."""
    yield _rich(pen.words(part.label, bold=True), pen.words(plain.scale_ends(part)))
    value = _checked(sealed(pen.key, ACTION, part.action, part.argument), limits.BUTTON_VALUE)
    ends = {part.low: part.low_label, part.high: part.high_label}
    yield from _actions(
        [
            {
                "type": "button",
                "action_id": _checked(f"{part.action}:{_name(part.id)}:{point}", limits.ID),
                "text": pen.plain(str(point), limits.BUTTON),
                "value": value,
                "accessibility_label": short(
                    _sound(f"{point}/{part.high}: {ends.get(point, part.label)}"),
                    limits.ACCESSIBILITY_LABEL,
                ),
            }
            for point in range(part.low, part.high + 1)
        ]
    )


# --- inputs --------------------------------------------------------------------------------


def _asks(part: Part) -> bool:
    return isinstance(part, _INPUTS) or (isinstance(part, Scale) and not part.action)


def _name(id_: str) -> str:
    """Return an input's id as a block id; a colon would be read as more than it is."""
    if not id_ or ":" in id_:
        raise ValueError("an input needs an id without a colon")
    return _checked(id_, limits.ID - 20)


def _inputs(part: Input, pen: _Pen) -> Iterator[JSON]:
    """Draw an input; a date with a time is two, because Slack's own hides the time zone."""
    name = _name(part.id)
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
        if not _blank(hint) and not suffix:
            made["hint"] = pen.plain(hint, limits.HINT)
        yield made


def _elements(part: Input, pen: _Pen) -> Iterator[tuple[str, JSON]]:
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


def _menu(kind: str, options: tuple[Option, ...], chosen: tuple[str, ...], pen: _Pen) -> JSON:
    made = [
        {
            "text": pen.plain(option.label, limits.OPTION),
            "value": _checked(option.value, limits.OPTION_VALUE),
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


def _groups(made: list[JSON], pen: _Pen) -> Iterator[JSON]:
    """Cut a long menu into groups that are named by their numbers."""
    for start in range(0, len(made), limits.OPTIONS):
        some = made[start : start + limits.OPTIONS]
        yield {
            "label": pen.plain(f"{start + 1}–{start + len(some)}", limits.OPTION),
            "options": some,
        }


def _field(part: Field, pen: _Pen) -> JSON:
    most = max(1, min(part.max_length, limits.INPUT))
    made: JSON = {"type": "plain_text_input", "multiline": part.long, "max_length": most}
    if part.value:
        made["initial_value"] = short(_sound(part.value), min(most, pen.limit))
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
