"""What travels through a client in the data of an action and comes back: signed by us.

Under ``gs`` stands the action, or the whole dialog so that it can be shown again with errors.
Beside it, unsigned, the values of inputs; ``kinds`` says how to read those that are not plain text.
Rights are checked again in the core on every use.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

from adapters import signing
from adapters.teams import ids
from adapters.teams.limits import STATE_BYTES
from adapters.teams.text import JSON
from bot import codec
from bot.messages import Dialog, Moment, MultiChoice, Part, PersonChoice, When

GS: Final = "gs"
KINDS: Final = "kinds"
MANY, PERSON, MOMENT = "many", "person", "moment"
TIME_SUFFIX: Final = "~time"
_RESERVED: Final = frozenset({GS, KINDS, "verb", "msteams", "data", "type"})
_VERSION: Final = "1"


def action_data(key: bytes, action: str, argument: str) -> JSON:
    """Return the data of a button."""
    return {GS: signing.sign(key, "action", f"{_VERSION}|{action}|{argument}")}


def read_action(key: bytes, data: Mapping[str, object]) -> tuple[str, str]:
    """Return action and argument; two empty texts for what this version did not sign."""
    text = signing.verify(key, "action", str(data.get(GS, "")))
    version, _, rest = (text or "").partition("|")
    if version != _VERSION:
        return "", ""
    action, _, argument = rest.partition("|")
    return action, argument


def dialog_data(key: bytes, dialog: Dialog) -> JSON:
    """Return the data of a dialog's button: the dialog itself, packed and signed."""
    plain = json.dumps(codec.dump(dialog), ensure_ascii=False, separators=(",", ":"))
    packed = base64.urlsafe_b64encode(zlib.compress(plain.encode(errors="replace"))).decode()
    return {GS: signing.sign(key, "dialog", f"{_VERSION}|{packed}")}


def read_dialog(key: bytes, data: Mapping[str, object]) -> Dialog | None:
    """Return the dialog that was sent, or None if this version did not sign it."""
    text = signing.verify(key, "dialog", str(data.get(GS, "")))
    version, _, packed = (text or "").partition("|")
    if version != _VERSION or len(packed) > STATE_BYTES:
        return None
    try:
        dialog = codec.load(json.loads(zlib.decompress(base64.urlsafe_b64decode(packed))))
    except (binascii.Error, zlib.error, ValueError, TypeError, KeyError):
        return None  # signed by us, but written by another version
    return dialog if isinstance(dialog, Dialog) else None


def kinds_of(parts: Iterable[Part]) -> dict[str, str]:
    """Say which inputs are not plain text, by id."""
    kinds: dict[str, str] = {}
    for part in parts:
        match part:
            case MultiChoice():
                kinds[part.id] = MANY
            case PersonChoice():
                kinds[part.id] = PERSON
            case When(asks=Moment.DATE_AND_TIME):
                kinds[part.id] = MOMENT
            case _:
                pass
    return kinds


def wire_id(name: str) -> str:
    """Return an input's id on the wire: its own, unless that would hide something of ours."""
    reserved = name in _RESERVED or name.startswith("~") or name.endswith(TIME_SUFFIX)
    return f"~{name}~" if reserved or not name.strip() else name


def _own_id(key: str) -> str:
    return key[1:-1] if key.startswith("~") else key


def many_value(value: str) -> str:
    """Write a value of a multiple choice, which comes back joined to others by commas."""
    return value.replace("%", "%25").replace(",", "%2C") or "%"


def _read_many(value: str) -> str:
    return "" if value == "%" else value.replace("%2C", ",").replace("%25", "%")


def values(
    data: Mapping[str, object], kinds: Mapping[str, str], tenant: str
) -> dict[str, tuple[str, ...]]:
    """Read the values of all inputs; what was left empty is absent."""
    read: dict[str, tuple[str, ...]] = {}
    for key, raw in data.items():
        if key in _RESERVED or key.endswith(TIME_SUFFIX):
            continue
        name = _own_id(key)
        given = _text(raw)
        match kinds.get(name):
            case "many":
                read[name] = tuple(_read_many(one) for one in given.split(",") if one)
            case "person":
                read[name] = tuple(_person(one, tenant) for one in [given] if one)
            case "moment":
                time = _text(data.get(key + TIME_SUFFIX, ""))
                read[name] = (f"{given}T{time}",) if given and time else ()
            case _:
                read[name] = (given,) if given else ()
    return {name: value for name, value in read.items() if value}


def _text(raw: object) -> str:
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw) if isinstance(raw, str | int | float) else ""


def _person(value: str, tenant: str) -> str:
    """Read who was picked: one of ours, or from the directory by the bare id."""
    if value.startswith(f"{ids.PLATFORM}:"):
        return value
    try:
        return ids.account_id(tenant, value)
    except ids.WrongId:
        return value
