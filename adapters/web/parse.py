"""Ids of this platform, and what the page posts, as ``bot.heard`` records. Pure.

Ids: ``web:demo:<person>`` is an account, ``web:demo:dm-<person>`` her direct conversation,
``web:demo:<channel>`` a channel, ``web:demo:<line>`` a message. Names of persons and channels are
made of small letters, digits and hyphens; no channel's name begins with ``dm-``.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict

from adapters import signing
from adapters.web import limits
from bot import codec
from bot.actions import Action
from bot.heard import (
    AccountId,
    ChannelId,
    Commanded,
    MessageRef,
    Opened,
    Pressed,
    Profile,
    Said,
    Submitted,
)
from bot.messages import Choice, Dialog, Field, Input, MultiChoice, PersonChoice, Scale, When

PLATFORM = "web"
LANE = "web:demo"
VERSION = "1"
INPUT = "in."
TAP = "tap."
PRESS = "press"
_DIRECT = "dm-"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_LINE = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_KEY = re.compile(rf"[A-Za-z0-9-]{{8,{limits.KEY}}}", re.ASCII)
_COMMAND = re.compile(r"/groundswell(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)
_MENTION = re.compile(r"@groundswell\b[,:]?", re.IGNORECASE)

Values: TypeAlias = Mapping[str, tuple[str, ...]]


def account_id(person: str) -> AccountId:
    """Encode the account of a person of the organisation."""
    return AccountId(f"{LANE}:{person}")


def person_of(account: AccountId) -> str:
    """Decode an account id; empty if it is not one of ours."""
    return _name(account) if not _name(account).startswith(_DIRECT) else ""


def channel_id(conversation: str) -> ChannelId:
    """Encode a conversation by its name in the address, channel or direct."""
    return ChannelId(f"{LANE}:{conversation}")


def conversation_of(channel: ChannelId) -> str:
    """Decode a conversation id; empty if it is not one of ours."""
    return _name(channel)


def direct(person: str) -> str:
    """Name a person's direct conversation with the bot."""
    return f"{_DIRECT}{person}"


def is_direct(conversation: str) -> bool:
    """Tell whether a conversation is somebody's direct one."""
    return conversation.startswith(_DIRECT)


def message_ref(line: int) -> MessageRef:
    """Encode a stored line as a message."""
    return MessageRef(f"{LANE}:{line}")


def line_of(message: MessageRef) -> int:
    """Decode a message; 0 if it is not one of ours."""
    lane, _, line = message.rpartition(":")
    return int(line) if lane == LANE and _LINE.fullmatch(line) else 0


def _name(opaque: str) -> str:
    lane, _, name = opaque.rpartition(":")
    return name if lane == LANE and _NAME.fullmatch(name) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One post of the page: who, where, and every field with all its values."""

    person: str
    conversation: str
    profile: Profile
    fields: Values = field(default_factory=dict)

    def first(self, name: str) -> str:
        """Return a field's first value, empty if there is none."""
        return next(iter(self.fields.get(name, ())), "")

    @property
    def key(self) -> str:
        """Return the page's random id for this click, empty if it is none."""
        given = self.first("key")
        return given if _KEY.fullmatch(given) else ""

    @property
    def values(self) -> Values:
        """Return what stands in the card's or the dialog's inputs."""
        return {
            name.removeprefix(INPUT): values
            for name, values in self.fields.items()
            if name.startswith(INPUT)
        }


def words_of(form: Form) -> str:
    """Return what was typed, with line ends as the web never sends them."""
    return form.first("words").replace("\r\n", "\n")


def said(form: Form) -> Said | Commanded | None:
    """Return what typed words are to the bot; None for words among people in a channel."""
    words = words_of(form).strip()
    private = is_direct(form.conversation)
    command = _COMMAND.fullmatch(words)
    key = f"{LANE}:say:{form.key}"
    if command:
        return Commanded(**_base(form, key), command=Action.MENU, words=command[1] or "")
    if private:
        return Said(**_base(form, key), words=words)
    addressed, times = _MENTION.subn("", words)
    return Said(**_base(form, key), words=addressed.strip()) if times else None


def pressed(form: Form, secret: bytes) -> Pressed | None:
    """Return the button that was pressed or the point that was tapped; None if there is none."""
    values = dict(form.values)
    signed = form.first(PRESS)
    for name in form.fields:
        if name.startswith(TAP):
            point, _, signed = form.first(name).partition("|")
            values[name.removeprefix(TAP)] = (point,)
    if not signed:
        return None
    action, argument = unsigned(signed, secret)
    line = form.first("line")
    return Pressed(
        # One form holds all buttons of a card, so the button is part of what makes a press one.
        **_base(form, f"{LANE}:press:{form.key}:{signing.sign(secret, 'press', signed)[:22]}"),
        action=action,
        argument=argument,
        values=values,
        message=message_ref(int(line)) if _LINE.fullmatch(line) else MessageRef(""),
    )


def submitted(form: Form, dialog: Dialog) -> Submitted:
    """Return a dialog's action with all that was filled in."""
    return Submitted(
        **_base(form, f"{LANE}:submit:{form.key}"),
        action=dialog.action,
        argument=dialog.argument,
        values=filled(dialog, form.values),
    )


def opened(form: Form) -> Opened:
    """Return that the home surface came into view."""
    return Opened(**_base(form, f"{LANE}:home:{form.key}"))


def need_of_line(form: Form, words: str, link: str) -> Commanded:
    """Return the shortcut that makes a need of a message."""
    return Commanded(
        **_base(form, f"{LANE}:shortcut:{form.key}"),
        command=Action.NEED_FROM_MESSAGE,
        words=words,
        link=link,
    )


def signed_action(secret: bytes, action: str, argument: str) -> str:
    """Write an action as it stands in a button."""
    return signing.sign(secret, "action", f"{VERSION}|{action}|{argument}")


def unsigned(signed: str, secret: bytes) -> tuple[str, str]:
    """Read an action and its argument back; both empty if the button is not one of ours."""
    text = signing.verify(secret, "action", signed) or ""
    version, _, rest = text.partition("|")
    action, _, argument = rest.partition("|")
    return (action, argument) if version == VERSION else ("", "")


def signed_dialog(secret: bytes, dialog: Dialog) -> str:
    """Write a dialog as it travels in its own form."""
    text = json.dumps(codec.dump(dialog), separators=(",", ":"))
    return signing.sign(secret, "dialog", f"{VERSION}|{text}")


def dialog_of(form: Form, secret: bytes) -> Dialog | None:
    """Read the dialog that a form belongs to; None if it is not one of ours."""
    text = signing.verify(secret, "dialog", form.first("dialog")) or ""
    version, _, data = text.partition("|")
    if version != VERSION:
        return None
    try:
        dialog = codec.load(json.loads(data))
    except (ValueError, TypeError):  # signed by us, but by a version with other records
        return None
    return dialog if isinstance(dialog, Dialog) else None


def filled(dialog: Dialog, given: Values) -> Values:
    """Return the values of exactly the inputs that a dialog has."""
    return {one.id: _clean(one, given.get(one.id, ())) for one in inputs(dialog)}


def faults(dialog: Dialog, given: Values) -> dict[str, str]:
    """Return which inputs cannot be taken, as Slack and Teams tell before they send a dialog."""
    said = DEMANDS.get(dialog.lang.split("-")[0], DEMANDS["en"])
    wrong = {}
    for one in inputs(dialog):
        values = _clean(one, given.get(one.id, ()))
        if not one.optional and not any(value.strip() for value in values):
            wrong[one.id] = said["missing"]
        elif isinstance(one, Field) and any(len(value) > one.max_length for value in values):
            longest = max(len(value) for value in values)
            wrong[one.id] = said["long"].format(longest=longest, most=one.max_length)
        elif not set(values) <= _offered(one, values):
            wrong[one.id] = said["unknown"]
    return wrong


# The page's own demands; what a feature demands comes in the person's language from the core.
DEMANDS = {
    "en": {
        "missing": "Please fill this in.",
        "long": "This is {longest} characters long; {most} are possible.",
        "unknown": "Please choose one of the entries.",
    },
    "de": {
        "missing": "Bitte ausfüllen.",
        "long": "Das sind {longest} Zeichen; {most} sind möglich.",
        "unknown": "Bitte einen der Einträge wählen.",
    },
}


def inputs(dialog: Dialog) -> Sequence[Input]:
    """Return the inputs of a dialog in order."""
    return [one for one in dialog.parts if isinstance(one, Input)]


def _clean(one: Input, values: tuple[str, ...]) -> tuple[str, ...]:
    """Drop empty values, and line ends as the web sends them."""
    several = isinstance(one, MultiChoice)
    kept = tuple(value.replace("\r\n", "\n") for value in values if value)
    return kept if several else kept[:1]


def _offered(one: Input, values: tuple[str, ...]) -> set[str]:
    """Return the values that an input can have; for free ones, whatever it has."""
    match one:
        case Choice() | MultiChoice():
            return {option.value for option in one.options}
        case Scale():
            return {str(point) for point in range(one.low, one.high + 1)}
        case PersonChoice():
            return {option.value for option in one.known} or set(values)
        case Field() | When():
            return set(values)


class _Base(TypedDict):
    key: str
    account: AccountId
    place: ChannelId
    private: bool
    route: str
    profile: Profile


def _base(form: Form, key: str) -> _Base:
    place = channel_id(form.conversation)
    # The account is part of the key: the page of one person cannot use up another one's.
    return _Base(
        key=f"{key}:{form.person}",
        account=account_id(form.person),
        place=place,
        private=is_direct(form.conversation),
        route=place,
        profile=form.profile,
    )
