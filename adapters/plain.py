"""The fourth renderer: a card's whole content in plain words.

Screen readers, notifications and Slack's top-level ``text`` get it. Slack's clients read either
this text or the blocks, never both, so nothing that the blocks say may be missing here. Buttons
are left out: they cannot be pressed from a notification.
"""

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import assert_never

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from bot.messages import (
    Buttons,
    Card,
    Chart,
    Choice,
    Context,
    Dialog,
    Divider,
    Facts,
    Field,
    Heading,
    Link,
    Moment,
    MultiChoice,
    Option,
    Part,
    PersonChoice,
    Progress,
    Quote,
    Scale,
    Table,
    Text,
    When,
)

_ISOLATE, _END = "\u2068", "\u2069"
_OPENERS = frozenset("\u2066\u2067\u2068")
_ISOLATES = re.compile("[\u2066-\u2069]")
_TURNS = re.compile(
    "[\u0590-\u08ff\u202a-\u202e\u2066-\u2069\ufb1d-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""What runs from right to left, or sets a direction."""


def render(card: Card | Dialog) -> str:
    """Say everything a card shows, its summary first, one thought to a line."""
    lines = [card.title] if isinstance(card, Dialog) and card.title != card.summary else []
    lines.append(card.summary)
    said = set(lines)
    for part in card.parts:
        # A card often shows its summary once more; nobody wants to hear a sentence twice.
        lines += [line for line in _lines(part, card.lang) if line not in said]
    return "\n".join(lines)


def figure(value: float, lang: str = "en") -> str:
    """Write a number as the language does, so that every renderer shows the same figure."""
    if not math.isfinite(value):
        return "—"
    return str(format_decimal(value, format="#,##0.##", locale=_locale(lang)))


def isolated(words: str) -> str:
    """Keep the direction of words from reaching what stands beside them on the line.

    Needed only where right-to-left characters or direction controls are inside.
    """
    if words.isascii() or not _TURNS.search(words):
        return words
    if not _ISOLATES.search(words):
        return f"{_ISOLATE}{words}{_END}"
    kept: list[str] = []
    depth = 0
    for character in words:
        if character == _END and depth == 0:
            continue  # it would end our own isolation, and shows nothing itself
        depth += (character in _OPENERS) - (character == _END)
        kept.append(character)
    return f"{_ISOLATE}{''.join(kept)}{_END * depth}{_END}"


@lru_cache(maxsize=64)
def _locale(lang: str) -> Locale:
    try:
        return Locale.parse(lang.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def _lines(part: Part, lang: str) -> Iterator[str]:  # noqa: C901, PLR0912 - one arm per part
    match part:
        case Heading(words=words) | Text(words=words) | Context(words=words):
            yield words
        case Quote(words=words, by=by):
            yield f"“{isolated(words)}”" + (f" — {isolated(by)}" if by else "")
        case Facts(facts=facts):
            for fact in facts:
                yield f"{isolated(fact.label)}: {isolated(fact.value)}"
        case Table():
            yield from table_lines(part)
        case Chart():
            yield from chart_lines(part, lang)
        case Progress(words=words, done=done, total=total):
            yield f"{words} ({figure(done, lang)}/{figure(total, lang)})"
        case Link(words=words, url=url):
            yield f"{isolated(words)}: {url}"
        case Choice(label=label, hint=hint, options=options, chosen=chosen):
            yield _input(label, hint, _picked(options, (chosen,)), _offered(options))
        case MultiChoice(label=label, hint=hint, options=options, chosen=several):
            yield _input(label, hint, _picked(options, several), _offered(options))
        case PersonChoice(label=label, hint=hint, known=known, chosen=chosen):
            yield _input(label, hint, _picked(known, (chosen,)))
        case Scale():
            yield _input(part.label, "", "", scale_ends(part))
        case Field(label=label, hint=hint, value=value):
            yield _input(label, hint, value)
        case When():
            yield _input(part.label, part.hint, _when(part))
        case Buttons() | Divider():
            return
        case _:
            assert_never(part)


def chart_lines(chart: Chart, lang: str = "en") -> Iterator[str]:
    """Say a chart's title, axes and every number in it."""
    axes = " / ".join(isolated(one) for one in (chart.x_label, chart.y_label) if one)
    yield f"{isolated(chart.title)} ({axes})" if axes else chart.title
    for series in chart.series:
        points = "; ".join(
            f"{isolated(point.label)}: {figure(point.value, lang)}{chart.unit}"
            for point in series.points
        )
        named = series.name and (len(chart.series) > 1 or series.name != chart.title)
        yield f"{isolated(series.name)}: {points}" if named else points


def scale_ends(scale: Scale) -> str:
    """Say what both ends of a scale mean."""
    low, high = isolated(scale.low_label), isolated(scale.high_label)
    return f"{scale.low} = {low}, {scale.high} = {high}"


def table_lines(table: Table) -> Iterator[str]:
    """Say each row with its columns' names, so that a line makes sense when heard alone."""
    yield table.caption
    if not table.rows:
        yield " | ".join(isolated(column) for column in table.columns)
    for row in table.rows:
        first, *others = row or ("",)
        names = [*table.columns[1:], *([""] * len(others))]
        cells = ", ".join(
            f"{isolated(name)}: {isolated(cell)}" if name else isolated(cell)
            for name, cell in zip(names, others, strict=False)
        )
        heading = table.columns[0] if table.columns else ""
        named = f"{isolated(heading)}: {isolated(first)}" if heading else isolated(first)
        yield f"{named}; {cells}" if cells else named


def _input(label: str, hint: str, value: str, offered: str = "") -> str:
    line = isolated(label)
    if hint:
        line += f" ({isolated(hint)})"
    if offered:
        line += f" [{offered}]"
    return f"{line}: {isolated(value)}" if value else line


def _picked(options: tuple[Option, ...], chosen: tuple[str, ...]) -> str:
    return ", ".join(option.label for option in options if option.value in chosen)


def _offered(options: tuple[Option, ...]) -> str:
    return ", ".join(isolated(option.label) for option in options)


def _when(part: When) -> str:
    if part.value is None:
        return ""
    day, time = part.value.date().isoformat(), part.value.strftime("%H:%M")
    match part.asks:
        case Moment.DATE:
            return day
        case Moment.TIME:
            return time
        case Moment.DATE_AND_TIME:
            return f"{day} {time}"
