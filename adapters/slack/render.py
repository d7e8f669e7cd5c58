"""Cards to Block Kit. Pure; never exceeds a limit, whatever was written.

What people wrote goes into ``rich_text`` and ``plain_text`` only, where nothing is markup and
nobody is notified. The blocks carry no ids of ours but those of inputs: Slack then makes new ones
with each update, as it asks for, while an input of the same name keeps what was typed.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, assert_never

from adapters import plain
from adapters.slack import limits
from adapters.slack.figures import chart, table
from adapters.slack.inputs import asked, asks
from adapters.slack.parse import ACTION, DIALOG, sealed
from adapters.slack.pen import (
    JSON,
    Pen,
    blank,
    checked,
    escaped,
    named,
    plain_run,
    rich,
    section,
    short,
    sound,
    units,
    visible,
)
from bot.messages import (
    Button,
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
    MultiChoice,
    Part,
    PersonChoice,
    Progress,
    Quote,
    Scale,
    Table,
    Text,
    Tone,
    When,
)

_BAR = 20
_LADDER = (12_000, 6_000, 3_000, 1_500, 600, 200, 60)
"""How long one text may be, longest first: the first step with which all parts fit is taken."""
_ROOM = limits.CHARACTERS - 20  # the last line needs some
_STYLES = {Tone.STRONG: "primary", Tone.GOOD: "primary", Tone.DANGER: "danger"}
_LOUD = {Tone.STRONG, Tone.WARNING, Tone.DANGER}
_DENY = {"en": "Cancel", "de": "Abbrechen", "fr": "Annuler", "es": "Cancelar", "it": "Annulla"}
"""The word on the second button of a confirmation, which the neutral card does not carry."""


def message(card: Card, *, key: bytes) -> JSON:
    """Return ``text`` and ``blocks`` of a message."""
    return {"text": spoken(card), "blocks": _card_blocks(card, "message", key)}


def home(card: Card, *, key: bytes) -> JSON:
    """Return the view of the home surface."""
    return {"type": "home", "blocks": _card_blocks(card, "home", key)}


def dialog(shown: Dialog, *, key: bytes) -> JSON:
    """Return the view of a dialog; its action travels signed, as private metadata."""
    pen = Pen(surface="modal", lang=shown.lang, rtl=shown.rtl, key=key)
    state = sealed(key, DIALOG, shown.action, shown.argument)
    return {
        "type": "modal",
        "callback_id": checked(shown.action, limits.ID),
        "private_metadata": checked(state, limits.PRIVATE_METADATA),
        "title": pen.plain(shown.title, limits.VIEW_TITLE),
        "submit": pen.plain(shown.submit, limits.VIEW_TITLE),
        "close": pen.plain(shown.cancel, limits.VIEW_TITLE),
        "blocks": _fitted(shown.parts, pen) or [rich(pen.words(shown.summary))],
    }


def page(card: Card, *, key: bytes) -> JSON:
    """Return a card as a modal to read, for where there is no message to answer in."""
    parts = tuple(part for part in card.parts if not asks(part))
    titles = (part.words for part in card.parts if isinstance(part, Heading))
    pen = Pen(surface="modal", lang=card.lang, rtl=card.rtl, key=key)
    return {
        "type": "modal",
        "title": pen.plain(next(titles, "Groundswell"), limits.VIEW_TITLE),
        "blocks": _fitted(parts, pen) or [rich(pen.words(card.summary))],
    }


def ephemeral(card: Card, *, key: bytes) -> JSON:
    """Return the answer to a command: only the person who typed it sees it."""
    return {"response_type": "ephemeral", **message(card, key=key)}


def spoken(card: Card) -> str:
    """Return the whole card in plain words, for screen readers and notifications.

    Escaped as Slack asks, so that nobody is notified by what somebody wrote.
    """
    words = sound(plain.render(card))
    room = limits.TEXT
    while len(text := escaped(short(words, room))) > limits.TEXT:
        room -= max(1, (len(text) - limits.TEXT) // 5)
    return text


# --- fitting -------------------------------------------------------------------------------


def _card_blocks(card: Card, surface: str, key: bytes) -> list[JSON]:
    pen = Pen(surface=surface, lang=card.lang, rtl=card.rtl, key=key)
    return _fitted(card.parts, pen) or [rich(pen.words(card.summary))]


def _fitted(parts: tuple[Part, ...], pen: Pen) -> list[JSON]:
    """Draw the parts with the longest texts with which all of them fit.

    What does not fit, by number or even at its shortest, is left out from the end, and a last
    line says how much that is.
    """
    most = limits.BLOCKS[pen.surface]
    drawn = _drawn(parts, pen, _LADDER[0])
    if sum(map(len, drawn)) > most:
        drawn = drawn[: _leading(drawn, len, most - 1)]
    kept = len(drawn)
    for limit in _LADDER[1:]:
        if _size(drawn) <= _ROOM:
            break
        drawn = _drawn(parts[:kept], pen, limit)
    drawn = drawn[: _leading(drawn, _size, _ROOM)]
    blocks = [block for group in drawn for block in group]
    left_out = len(parts) - len(drawn)
    return [*blocks, rich(section(plain_run(f"… (+{left_out})")))] if left_out else blocks


def _drawn(parts: tuple[Part, ...], pen: Pen, limit: int) -> list[list[JSON]]:
    fresh = pen.again(limit)
    return [list(_draw(part, fresh)) for part in parts]


def _leading(drawn: list[list[JSON]], measure: Callable[[list[JSON]], int], most: int) -> int:
    """Count the parts from the start that together measure no more than ``most``."""
    total = 0
    for number, group in enumerate(drawn):
        total += measure(group)
        if total > most:
            return number
    return len(drawn)


_COUNTED = ("text", "initial_value", "label", "name", "title")


def _size(value: Any) -> int:  # noqa: ANN401 - blocks nest freely
    """Count the text of blocks as Slack does; a table has a sum of its own."""
    if isinstance(value, list):
        return sum(map(_size, value))
    if not isinstance(value, dict) or value.get("type") == "data_table":
        return 0
    return sum(
        units(inner) if isinstance(inner, str) and name in _COUNTED else _size(inner)
        for name, inner in value.items()
    )


# --- parts ---------------------------------------------------------------------------------


def _draw(part: Part, pen: Pen) -> Iterator[JSON]:  # noqa: C901, PLR0912 - one arm per part
    match part:
        case Heading():
            yield from _heading(part, pen)
        case Text(words=words, tone=tone):
            if not blank(words):
                yield rich(pen.words(words, bold=tone in _LOUD))
        case Quote():
            yield _quote(part, pen)
        case Facts(facts=facts):
            if facts:
                yield rich(*_facts(part, pen))
        case Table():
            yield from table(part, pen)
        case Chart():
            yield from chart(part, pen)
        case Progress():
            yield _progress(part, pen)
        case Link():
            yield rich(_link(part, pen))
        case Divider():
            yield {"type": "divider"}
        case Context(words=words):
            if not blank(words):
                yield _context(words, pen)
        case Buttons(buttons=buttons):
            yield from _actions([_button(one, pen) for one in buttons])
        case Scale():
            yield from _scale(part, pen) if part.action else asked(part, pen)
        case Choice() | MultiChoice() | Field() | When() | PersonChoice():
            yield from asked(part, pen)
        case _:
            assert_never(part)


def _heading(part: Heading, pen: Pen) -> Iterator[JSON]:
    if blank(part.words):
        return
    one_line = "\n" not in part.words.strip() and units(part.words) < limits.HEADER
    if one_line:
        yield {"type": "header", "text": pen.plain(part.words, limits.HEADER)}
    else:  # a long title is shown whole, as bold text
        yield rich(pen.words(part.words, bold=True))


def _quote(part: Quote, pen: Pen) -> JSON:
    words = plain_run(pen.text(part.words, limits.CHARACTERS))
    by = [pen.words(f"— {pen.beside(part.by)}", italic=True)] if not blank(part.by) else []
    return rich({"type": "rich_text_quote", "elements": [words]}, *by)


def _facts(part: Facts, pen: Pen) -> Iterator[JSON]:
    for fact in part.facts[: limits.FACTS]:
        label = pen.text(f"{pen.beside(fact.label)}: ", limits.LABEL)
        value = short(visible(pen.beside(fact.value)), min(limits.CHARACTERS, pen.limit))
        yield section(plain_run(label, bold=True), plain_run(value))
    if (more := len(part.facts) - limits.FACTS) > 0:
        yield section(plain_run(f"… (+{more})"))


def _context(words: str, pen: Pen) -> JSON:
    if units(words) < limits.CONTEXT:
        return {"type": "context", "elements": [pen.plain(words, limits.CONTEXT)]}
    return rich(pen.words(words, italic=True))


def _progress(part: Progress, pen: Pen) -> JSON:
    share = min(1.0, max(0.0, part.done / part.total)) if part.total > 0 else 0.0
    full = math.floor(share * _BAR)
    done, total = plain.figure(part.done, pen.lang), plain.figure(part.total, pen.lang)
    bar = f"{'█' * full}{'░' * (_BAR - full)} {done}/{total}"
    return rich(pen.words(part.words), section(plain_run(bar)))


def _link(part: Link, pen: Pen) -> JSON:
    words = pen.text(part.words, limits.LABEL)
    scheme, _, rest = part.url.partition("://")
    sound = part.url.isprintable() and " " not in part.url and len(part.url) <= limits.URL
    if scheme in {"http", "https"} and rest and sound:
        return section({"type": "link", "url": part.url, "text": words})
    return pen.words(f"{words}: {part.url}")


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


def _button(part: Button, pen: Pen) -> JSON:
    value = sealed(pen.key, ACTION, part.action, part.argument)
    made: JSON = {
        "type": "button",
        "action_id": checked(part.action, limits.ID - 4),
        "text": pen.plain(part.label, limits.BUTTON),
        "value": checked(value, limits.BUTTON_VALUE),
    }
    if part.tone in _STYLES:
        made["style"] = _STYLES[part.tone]
    if not blank(part.hint):
        made["accessibility_label"] = short(sound(part.hint), limits.ACCESSIBILITY_LABEL)
    if not blank(part.confirm):
        made["confirm"] = _confirm(part, pen)
    return made


def _confirm(part: Button, pen: Pen) -> JSON:
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


def _scale(part: Scale, pen: Pen) -> Iterator[JSON]:
    """Draw a scale as one button per point, both ends in words above them."""
    yield rich(pen.words(part.label, bold=True), pen.words(plain.scale_ends(part)))
    value = checked(sealed(pen.key, ACTION, part.action, part.argument), limits.BUTTON_VALUE)
    ends = {part.low: part.low_label, part.high: part.high_label}
    yield from _actions(
        [
            {
                "type": "button",
                "action_id": checked(f"{part.action}:{named(part.id)}:{point}", limits.ID),
                "text": pen.plain(str(point), limits.BUTTON),
                "value": value,
                "accessibility_label": short(
                    sound(f"{point}/{part.high}: {ends.get(point, part.label)}"),
                    limits.ACCESSIBILITY_LABEL,
                ),
            }
            for point in range(part.low, part.high + 1)
        ]
    )
