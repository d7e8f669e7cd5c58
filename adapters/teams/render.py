"""Cards and dialogs as Adaptive Cards 1.5: pure, within every limit for any text.

``message`` and ``dialog`` are the doors. What does not fit is shortened visibly, text first; then
parts are left out from the end, what can be pressed or filled last, and a line says how many.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar, assert_never, cast
from urllib.parse import urlsplit

from adapters import plain
from adapters.teams import figures, inputs, sealed
from adapters.teams.limits import (
    ACTIONS,
    ENVELOPE_BYTES,
    FALLBACK_PARTS,
    FALLBACK_TEXT,
    MESSAGE_BYTES,
    TEXT_STEPS,
)
from adapters.teams.pen import Pen, Where, action_sets
from adapters.teams.text import JSON, clean
from adapters.teams.words import ENGLISH, Words, put
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
    fit,
)

_LINE: JSON = {"type": "line"}  # stands for a divider until the pieces are joined
_SPOKEN = (str, tuple)
_NO_ERRORS: Mapping[str, str] = {}
_INPUTS = (Choice, MultiChoice, Scale, Field, When, PersonChoice)
_USED = (Buttons, *_INPUTS)
_TONES: dict[Tone, JSON] = {
    Tone.NORMAL: {},
    Tone.STRONG: {"weight": "Bolder"},
    Tone.GOOD: {"color": "Good"},
    Tone.WARNING: {"color": "Warning", "weight": "Bolder"},
    Tone.DANGER: {"color": "Attention", "weight": "Bolder"},
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """An Adaptive Card, and how many parts did not fit into it."""

    content: JSON
    left_out: int = 0


def message(card: Card, *, key: bytes, words: Words = ENGLISH) -> JSON:
    """Draw a card for a message."""
    return drawn(card, key=key, words=words).content


def drawn(card: Card, *, key: bytes, words: Words = ENGLISH) -> Drawn:
    """Draw a card for a message, and say how much of it was left out."""
    return _fitted(card, _pen(card, key, words, Where.MESSAGE), [])


def inside(card: Card, *, key: bytes, words: Words = ENGLISH) -> JSON:
    """Draw a card that is shown within a dialog, where buttons answer as dialogs do."""
    return _fitted(card, _pen(card, key, words, Where.DIALOG), []).content


def dialog(
    form: Dialog, *, key: bytes, words: Words = ENGLISH, errors: Mapping[str, str] = _NO_ERRORS
) -> JSON:
    """Draw a dialog, with what was wrong beside the fields it was wrong about."""
    pen = replace(_pen(form, key, words, Where.DIALOG), errors=errors)
    send = {"type": "Action.Submit", "title": pen.title(form.submit), "style": "positive"}
    return _form(form, pen, send | {"data": _state(form, pen)})


def form_in_message(
    form: Dialog, *, key: bytes, words: Words = ENGLISH, errors: Mapping[str, str] = _NO_ERRORS
) -> JSON:
    """Draw a dialog as a card of a message, for where no window can open."""
    pen = replace(_pen(form, key, words, Where.MESSAGE), errors=errors)
    look = {"title": pen.title(form.submit), "style": "positive"}
    return _form(form, pen, pen.press(form.action, _state(form, pen), **look))


def _form(form: Dialog, pen: Pen, send: JSON) -> JSON:
    """Draw a form; what is wrong with no field in particular stands on top."""
    fields = {part.id for part in form.parts if isinstance(part, _INPUTS)}
    loose = [sentence for name, sentence in pen.errors.items() if name not in fields]
    warnings = tuple(Text(words=f"⚠ {one}", tone=Tone.DANGER) for one in loose if one.strip())
    return _fitted(replace(form, parts=(*warnings, *form.parts)), pen, [send]).content


def _state(form: Dialog, pen: Pen) -> JSON:
    """Return what the button brings back: the whole dialog, or as much as has room."""
    asked = tuple(part for part in form.parts if isinstance(part, _USED))
    bare = replace(form, summary="…", parts=())
    for state in (form, replace(form, parts=asked), bare):
        data = sealed.dialog_data(pen.key, state)
        if size(data) <= MESSAGE_BYTES // 4:
            break
    return data | ({sealed.KINDS: dict(pen.kinds)} if pen.kinds else {})


def filled(form: Dialog, values: Mapping[str, Sequence[str]]) -> Dialog:
    """Return a dialog with what was typed and chosen in it."""
    return replace(form, parts=tuple(_filled(part, values) for part in form.parts))


def _filled(part: Part, values: Mapping[str, Sequence[str]]) -> Part:
    match part:
        case Field():
            return replace(part, value="".join(values.get(part.id, ())))
        case Choice() | PersonChoice():
            return replace(part, chosen="".join(values.get(part.id, ())))
        case MultiChoice():
            return replace(part, chosen=tuple(values.get(part.id, ())))
        case When():
            return replace(part, value=inputs.moment("".join(values.get(part.id, ()))))
        case _:
            return part


def size(content: object) -> int:
    """Measure as Teams does: UTF-16 of the JSON text."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-16-le", "surrogatepass"))


def _pen(card: Card | Dialog, key: bytes, words: Words, where: Where) -> Pen:
    kinds = sealed.kinds_of(card.parts)
    lang = card.lang if card.lang.strip() else "en"
    return Pen(key=key, words=words, where=where, step=TEXT_STEPS[0], lang=lang, kinds=kinds)


def _fitted(card: Card | Dialog, pen: Pen, actions: list[JSON]) -> Drawn:
    """Draw with as much text and as many parts as one message holds."""
    budget = MESSAGE_BYTES - ENVELOPE_BYTES
    spoken = clean(plain.render(_brief(card)))
    for step in TEXT_STEPS:
        small = replace(pen, step=step, taken=set())
        pieces = [_elements(part, small) for part in card.parts]
        content = _content(card, pieces, 0, spoken, small, actions)
        if size(content) <= budget:
            return Drawn(content)
    left_out = _too_many(card.parts, pieces, size(content) - budget + ENVELOPE_BYTES)
    kept = [piece for index, piece in enumerate(pieces) if index not in left_out]
    return Drawn(_content(card, kept, len(left_out), spoken, small, actions), len(left_out))


Record = TypeVar("Record")


def _brief(record: Record) -> Record:
    """Shorten every text of a card to what its spoken form can hold at most.

    Saying a hundred thousand characters costs seconds, of which nothing would be left.
    """
    if isinstance(record, str):
        return cast("Record", fit(record, FALLBACK_TEXT))
    if isinstance(record, tuple):
        return cast("Record", tuple(map(_brief, record[:FALLBACK_PARTS])))
    if is_dataclass(record) and not isinstance(record, type):
        named = {one.name: getattr(record, one.name) for one in fields(record)}
        long = {name: _brief(one) for name, one in named.items() if isinstance(one, _SPOKEN)}
        return replace(record, **long)
    return record


def _too_many(parts: Sequence[Part], pieces: Sequence[list[JSON]], excess: int) -> set[int]:
    """Choose what to leave out: from the end, and last of all what can be pressed or filled."""
    left_out: set[int] = set()
    last_first = sorted(range(len(parts)), key=lambda at: (isinstance(parts[at], _USED), -at))
    for index in last_first:
        if excess <= 0:
            break
        left_out.add(index)
        excess -= size(pieces[index])
    return left_out


def _content(
    card: Card | Dialog,
    pieces: Sequence[list[JSON]],
    left_out: int,
    spoken: str,
    pen: Pen,
    actions: list[JSON],
) -> JSON:
    body = _joined(pieces)
    if left_out:
        body += pen.text(put(pen.words.left_out, count=str(left_out)), isSubtle=True)
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "lang": pen.lang,
        **({"rtl": True} if card.rtl else {}),
        "fallbackText": fit(spoken, min(FALLBACK_TEXT, pen.step * 4)),
        "body": body or pen.text(card.summary) or pen.text("…"),
        **({"actions": actions} if actions else {}),
    }


def _joined(pieces: Sequence[list[JSON]]) -> list[JSON]:
    """Put the pieces below each other; a divider is a line above what follows it."""
    body: list[JSON] = []
    line = False
    for elements in pieces:
        if elements == [_LINE]:
            line = bool(body)
            continue
        if line and elements:
            body.append(elements[0] | {"separator": True, "spacing": "Medium"})
            body += elements[1:]
            line = False
        else:
            body += elements
    return body


def _elements(  # noqa: C901, PLR0911 - one case per part reads as the table that it is
    part: Part, pen: Pen
) -> list[JSON]:
    match part:
        case Heading():
            return _heading(part, pen)
        case Text():
            return pen.text(part.words, **_TONES[part.tone])
        case Quote():
            return _quote(part, pen)
        case Facts():
            return figures.facts(part, pen)
        case Table():
            return figures.table(part, pen)
        case Chart():
            return figures.chart(part, pen)
        case Progress():
            return figures.progress(part, pen)
        case Link():
            return _link(part, pen)
        case Divider():
            return [_LINE]
        case Context():
            return pen.text(part.words, size="Small", isSubtle=True)
        case Buttons():
            return action_sets(map(pen.button, part.buttons), ACTIONS)
        case Choice() | MultiChoice() | Scale() | Field() | When() | PersonChoice():
            return inputs.draw(part, pen)
    assert_never(part)


def _heading(part: Heading, pen: Pen) -> list[JSON]:
    text = pen.markdown(part.words.replace("\n", " "))
    look = {"style": "heading", "size": "Medium", "weight": "Bolder", "wrap": True}
    return [{"type": "TextBlock", "text": text, **look}] if text.strip() else []


def _quote(part: Quote, pen: Pen) -> list[JSON]:
    said = pen.text(part.words)
    by = pen.text(f"— {part.by}", size="Small", isSubtle=True) if part.by.strip() else []
    return [{"type": "Container", "style": "emphasis", "items": [*said, *by]}] if said + by else []


def _link(part: Link, pen: Pen) -> list[JSON]:
    """Draw a way to a page; what is no address of one stays text."""
    if not _is_page(part.url):
        return pen.text(f"{part.words}: {part.url}")
    button = {"type": "Action.OpenUrl", "title": pen.title(part.words), "url": part.url}
    return action_sets([button], ACTIONS)


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    printable = url.isascii() and url.isprintable() and " " not in url
    return printable and parts.scheme in {"http", "https"} and bool(parts.hostname)
