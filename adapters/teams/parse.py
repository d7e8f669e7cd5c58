"""Activities as events of the core: pure, over the raw dict, because the SDK's models lose parts.

Each function returns one record of ``bot.heard``, or None for what we have no use for.
"""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.teams import ids, sealed
from adapters.teams.proactive import route_of, text_of
from bot.heard import (
    AccountId,
    ChannelId,
    Heard,
    Joined,
    Left,
    MessageRef,
    Pressed,
    Profile,
    Reacted,
    Said,
    Submitted,
)
from bot.messages import Dialog

_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
# On an upgrade of the app Teams removes and adds it in one breath; nobody has left.
_ADDED = frozenset({"add", "add-upgrade"})
_REMOVED = frozenset({"remove"})


class _Common(TypedDict):
    key: str
    account: AccountId
    place: ChannelId
    private: bool
    thread: str
    route: str
    profile: Profile


def message(raw: Mapping[str, Any], key: bytes) -> Heard | None:
    """Read words, or a button of a client too old for ``Action.Execute``."""
    common = _common(raw)
    if common is None:
        return None
    value = raw.get("value")
    if isinstance(value, Mapping):
        return _answered(raw, common, value, key)[0]
    return Said(words=_words(raw), **common)


def reaction(raw: Mapping[str, Any]) -> Heard | None:
    """Read an emoji put under a message, or taken away."""
    common = _common(raw)
    below = text_of(raw, "replyToId")
    for field, removed in (("reactionsAdded", False), ("reactionsRemoved", True)):
        listed = raw.get(field)
        first = listed[0] if isinstance(listed, list) and listed else None
        name = text_of(first, "type") if isinstance(first, Mapping) else ""
        if common and name and below:
            return Reacted(name=name, message=_message(raw, below), removed=removed, **common)
    return None


def installation(raw: Mapping[str, Any]) -> Heard | None:
    """Read that somebody added or removed the app."""
    action = text_of(raw, "action")
    return _came_or_went(raw, came=action in _ADDED, went=action in _REMOVED)


def membership(raw: Mapping[str, Any]) -> Heard | None:
    """Read that the bot itself came or went; other members are none of our business."""
    return _came_or_went(
        raw, came=_names_the_bot(raw, "membersAdded"), went=_names_the_bot(raw, "membersRemoved")
    )


def press(raw: Mapping[str, Any], key: bytes) -> tuple[Heard, Dialog | None] | None:
    """Read a pressed ``Action.Execute``; None if the value is none."""
    action = _mapping(_mapping(raw.get("value")).get("action"))
    common = _common(raw)
    if common is None or action.get("type") != "Action.Execute":
        return None
    return _answered(raw, common, _mapping(action.get("data")), key)


def task(raw: Mapping[str, Any], key: bytes) -> tuple[Heard, Dialog | None] | None:
    """Read that a dialog is wanted, or was sent; with the dialog in the second case."""
    value = raw.get("value")
    common = _common(raw)
    if common is None or not isinstance(value, Mapping):
        return None
    return _answered(raw, common, _mapping(value.get("data")), key)


def _answered(
    raw: Mapping[str, Any], common: _Common, data: Mapping[str, Any], key: bytes
) -> tuple[Heard, Dialog | None]:
    """Read what an action brought back: an action's data is a press, a dialog's is a form."""
    tenant = tenant_of(raw)
    kinds = {str(k): str(v) for k, v in _mapping(data.get(sealed.KINDS)).items()}
    form = sealed.read_dialog(key, data)
    if form is not None:
        values = sealed.values(data, kinds | sealed.kinds_of(form.parts), tenant)
        sent = Submitted(action=form.action, argument=form.argument, values=values, **common)
        return sent, form
    action, argument = sealed.read_action(key, data)
    below = text_of(raw, "replyToId")
    pressed = Pressed(
        action=action,
        argument=argument,
        values=sealed.values(data, kinds, tenant),
        message=_message(raw, below) if below else MessageRef(""),
        **common,
    )
    return pressed, None


def tenant_of(raw: Mapping[str, Any]) -> str:
    """Return the tenant of the conversation; the SDK's model never finds it."""
    named = text_of(raw, "channelData", "tenant", "id") or text_of(raw, "conversation", "tenantId")
    return named.lower()


def event_key(raw: Mapping[str, Any]) -> str:
    """Name this event: the same for each delivery of it.

    An edited message has the id of the original, hence the type.
    """
    conversation, activity = text_of(raw, "conversation", "id"), text_of(raw, "id")
    if not activity:
        activity = _digest(json.dumps(raw, sort_keys=True, default=str))
    place = _digest(conversation)
    return f"{ids.PLATFORM}:{tenant_of(raw)}:{place}:{text_of(raw, 'type')}:{activity}"


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:32]


def _common(raw: Mapping[str, Any]) -> _Common | None:
    """Read what every event carries; None where no person of the directory stands behind it."""
    conversation, tenant = text_of(raw, "conversation", "id"), tenant_of(raw)
    person = text_of(raw, "from", "aadObjectId")
    from_us = text_of(raw, "from", "id") == text_of(raw, "recipient", "id")
    if from_us or text_of(raw, "from", "role") == "bot":
        return None
    try:
        account = ids.account_id(tenant, person)
        place = ids.channel_id(tenant, conversation)
    except ids.WrongId:
        return None
    private = _is_private(raw)
    return _Common(
        key=event_key(raw),
        account=account,
        place=place,
        private=private,
        thread="" if private else _thread(raw, conversation),
        route=route_of(raw, tenant).dump(),
        profile=_profile(raw),
    )


def _is_private(raw: Mapping[str, Any]) -> bool:
    kind = text_of(raw, "conversation", "conversationType")
    grouped = _mapping(raw.get("conversation")).get("isGroup") is True
    return kind == "personal" or (not kind and not grouped)


def _thread(raw: Mapping[str, Any], conversation: str) -> str:
    """Return the thread to stay in: only channels have threads."""
    if text_of(raw, "conversation", "conversationType") != "channel":
        return ""
    first = text_of(raw, "id") if text_of(raw, "type") == "message" else ""
    return ids.thread_of(conversation) or first


def _profile(raw: Mapping[str, Any]) -> Profile:
    client = next((entity for entity in _entities(raw) if entity.get("type") == "clientInfo"), {})
    locale = text_of(raw, "locale") or text_of(client, "locale")
    zone = text_of(client, "timezone") or text_of(raw, "localTimezone")
    return Profile(
        name=text_of(raw, "from", "name"),
        locale=locale if _LOCALE.fullmatch(locale) else "",
        zone=zone if _is_zone(zone) else "",
    )


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _words(raw: Mapping[str, Any]) -> str:
    """Return what was typed, without the bot's name; other names without their tags."""
    words = text_of(raw, "text")
    bot = text_of(raw, "recipient", "id")
    for entity in _entities(raw):
        tag = text_of(entity, "text")
        if entity.get("type") == "mention" and tag:
            ours = text_of(entity, "mentioned", "id") == bot
            name = "" if ours else _name(entity, tag)
            words = words.replace(tag, name, 1)
    if text_of(raw, "textFormat") == "xml":
        words = html.unescape(re.sub(r"<[^>]*>", "", words))
    return words.replace("&nbsp;", " ").replace("\u00a0", " ").strip()


def _name(entity: Mapping[str, Any], tag: str) -> str:
    return text_of(entity, "mentioned", "name") or re.sub(r"<[^>]*>", "", tag)


def _came_or_went(raw: Mapping[str, Any], *, came: bool, went: bool) -> Heard | None:
    common = _common(raw)
    if common is None or not (came or went):
        return None
    name = text_of(raw, "channelData", "channel", "name") or text_of(
        raw, "channelData", "team", "name"
    )
    return Joined(channel_name=name, **common) if came else Left(**common)


def _names_the_bot(raw: Mapping[str, Any], field: str) -> bool:
    listed = raw.get(field)
    bot = text_of(raw, "recipient", "id")
    members = listed if isinstance(listed, list) else []
    return any(isinstance(one, Mapping) and one.get("id") == bot for one in members)


def _entities(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = raw.get("entities")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _message(raw: Mapping[str, Any], activity: str) -> MessageRef:
    return ids.message_ref(tenant_of(raw), text_of(raw, "conversation", "id"), activity)
