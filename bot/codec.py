"""Cards, dialogs and answers to plain data and back, for storage.

Every record becomes ``{"is": "Button", …}`` with its non-default fields; unknown fields are
ignored and missing ones take their defaults, so that rows written by the version before or after
this one still load.
"""

from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias, cast

from bot import messages
from bot.messages import Answer, Card

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

_RECORDS = {
    name: value
    for name, value in vars(messages).items()
    if isinstance(value, type) and is_dataclass(value)
}
_WORDS: dict[str, type[Enum]] = {
    "surface": messages.Surface,
    "tone": messages.Tone,
    "asks": messages.Moment,
    "Chart.kind": messages.ChartKind,
}


def dump(value: object) -> Plain:
    """Turn a record of ``bot.messages`` into JSON-ready data."""
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return {"is": "datetime", "at": value.isoformat()}
    if isinstance(value, tuple):
        return [dump(one) for one in value]
    if isinstance(value, dict):
        return {str(key): dump(one) for key, one in value.items()}
    data: dict[str, Plain] = {"is": type(value).__name__}
    for one in fields(value):  # type: ignore[arg-type] # all that is left are dataclasses
        held = getattr(value, one.name)
        if one.default is MISSING or held != one.default:
            data[one.name] = dump(held)
    return data


def load(data: Plain) -> object:
    """Turn ``dump``'s data back; raise ValueError for a record that this version lacks."""
    if isinstance(data, list):
        return tuple(load(one) for one in data)
    if not isinstance(data, dict):
        return data
    kind = data.get("is")
    if kind is None:
        return {key: load(one) for key, one in data.items()}
    if kind == "datetime":
        return datetime.fromisoformat(str(data["at"]))
    record = _RECORDS.get(str(kind))
    if record is None:
        msg = f"no record is called {kind!r}; it was written by another version"
        raise ValueError(msg)
    known = {one.name for one in fields(record)}
    return record(**{key: _value(str(kind), key, one) for key, one in data.items() if key in known})


def _value(record: str, name: str, data: Plain) -> object:
    words = _WORDS.get(f"{record}.{name}") or _WORDS.get(name)
    return words(data) if words else load(data)


def load_card(data: Plain) -> Card:
    """Load what must be a card."""
    return cast("Card", load(data))


def load_answer(data: Plain) -> Answer:
    """Load what must be an answer."""
    return cast("Answer", load(data))
