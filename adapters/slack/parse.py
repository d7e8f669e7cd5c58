"""Payloads to ``bot.heard``, and the ids that only this folder reads. Pure.

A shape that is not known gives None, never an exception: Slack adds to its payloads.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapters import signing
from bot.actions import Action
from bot.heard import (
    AccountId,
    ChannelId,
    Commanded,
    Heard,
    Joined,
    Left,
    MessageRef,
    Opened,
    Pressed,
    Profile,
    Reacted,
    Said,
    Submitted,
)

JSON: TypeAlias = dict[str, Any]

PLATFORM = "slack"
COMMAND = "/groundswell"
ACTION, DIALOG = "action", "dialog"
"""The two purposes of a signature: the argument of a button, the state of a dialog."""
_VERSION = "1"
_HUMAN_SUBTYPES = {"file_share"}
_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_TS = re.compile(r"\d{1,12}\.\d{1,9}")
_MARKUP = re.compile(r"<([^<>]*)>")
_BARE = re.compile("[\x00\ud800-\udfff]")
_BY_PEOPLE = {"message", "app_mention", "app_home_opened", "reaction_added", "reaction_removed"}
TIME = ":time"
"""Ends the block id of the second input of a date with a time."""


# --- ids -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ids:
    """What an opaque id says: workspace (or organisation), then person or channel, then time."""

    workspace: str
    place: str
    ts: str = ""


def encode(workspace: str, place: str, ts: str = "") -> str:
    """Write an account, channel or message id; the inverse of ``decode``."""
    return ":".join((PLATFORM, workspace, place, ts) if ts else (PLATFORM, workspace, place))


def decode(opaque: str) -> Ids:
    """Read an id; raise ValueError if this platform did not write it."""
    platform, *rest = opaque.split(":")
    if platform != PLATFORM or not 2 <= len(rest) <= 3 or not all(rest):  # noqa: PLR2004 - see Ids
        raise ValueError("not an id of this platform")
    return Ids(*rest)


def account_id(workspace: str, user: str) -> AccountId:
    """Write a person's id."""
    return AccountId(encode(workspace, user))


def channel_id(workspace: str, channel: str) -> ChannelId:
    """Write a conversation's id."""
    return ChannelId(encode(workspace, channel))


# --- what a payload is ---------------------------------------------------------------------


def kind_of(body: Mapping[str, Any]) -> str:
    """Name the kind of a payload: event, command, or an interaction's own type."""
    if isinstance(body.get("command"), str):
        return "command"
    kind = _at(body, "type")
    return "event" if kind == "event_callback" else kind


def well_formed(body: Mapping[str, Any]) -> bool:
    """Tell whether a payload has the outline that its kind must have."""
    match kind_of(body):
        case "event":
            return bool(_at(body, "event", "type"))
        case "command":
            return bool(_id(body, "user_id") and workspace_of(body))
        case "block_actions":
            return bool(_id(body, "user", "id") and workspace_of(body) and _first_action(body))
        case "view_submission" | "view_closed":
            return bool(_id(body, "user", "id") and workspace_of(body) and _at(body, "view", "id"))
        case "shortcut" | "message_action":
            return bool(_id(body, "user", "id") and workspace_of(body))
        case kind:
            return bool(kind)


def workspace_of(body: Mapping[str, Any]) -> str:
    """Return whose installation a payload is for: the workspace, or the whole organisation.

    In an organisation-wide installation the workspace may be null, and the same person has one
    id in all workspaces: there the organisation is the key.
    """
    first = next(_dicts(body.get("authorizations")), {})
    for_all = first.get("is_enterprise_install") or body.get("is_enterprise_install")
    enterprise = (
        _id(first, "enterprise_id") or _id(body, "enterprise", "id") or _id(body, "enterprise_id")
    )
    if for_all in (True, "true") and enterprise:
        return enterprise
    team = _id(first, "team_id") or _id(body, "team", "id") or _id(body, "team_id")
    return team or _id(body, "view", "team_id") or enterprise


def foreign(body: Mapping[str, Any]) -> bool:
    """Tell whether somebody of another organisation acted, in a channel shared with it.

    Such a person is no colleague: she is not asked, and her words are nobody's need here. What
    happens to the bot itself in such a channel is heard all the same.
    """
    event = body.get("event")
    if not isinstance(event, dict):
        return _marked(body.get("user")) or _away(body, _id(body, "user", "team_id"))
    if _at(event, "type") not in _BY_PEOPLE:
        return False
    named = [_id(event, name) for name in ("user_team", "source_team")]
    if body.get("is_ext_shared_channel") is True and not any(named) and not _home(body)[1]:
        # Without an organisation around it, the only workspace of ours is the installed one.
        named.append(_id(event, "team"))
    return (
        _marked(event)
        or _marked(event.get("user_profile"))
        or any(_away(body, id_) for id_ in named)
    )


def event_type(body: Mapping[str, Any]) -> str:
    """Return the type of the event inside."""
    return _at(body, "event", "type")


def action_word(body: Mapping[str, Any]) -> str:
    """Return the first action's id up to the colon; for the route and for counting."""
    return _at(_first_action(body), "action_id").partition(":")[0]


def callback(body: Mapping[str, Any]) -> str:
    """Return the callback id of a shortcut or view."""
    return _at(body, "callback_id") or _at(body, "view", "callback_id")


def revoked(body: Mapping[str, Any]) -> bool:
    """Tell whether an event ends the bot's own authorisation, not only a person's."""
    if event_type(body) == "app_uninstalled":
        return True
    event = body.get("event")
    tokens = event.get("tokens") if isinstance(event, dict) else None
    return isinstance(tokens, dict) and bool(tokens.get("bot"))


# --- events --------------------------------------------------------------------------------


def said(body: JSON) -> Heard | None:
    """Hear a direct message; other apps' messages, edits and notices are not for us."""
    event = body["event"]
    if event.get("channel_type") != "im" or not _from_person(event):
        return None
    return _words(body, event, private=True, thread="")


def mentioned(body: JSON) -> Heard | None:
    """Hear a mention in a channel, with the bot's name taken off; it is answered in a thread."""
    event = body["event"]
    if _at(event, "channel").startswith("D") or not _from_person(event):
        return None
    return _words(body, event, private=False, thread=_at(event, "thread_ts") or _at(event, "ts"))


def opened(body: JSON) -> Heard | None:
    """Hear that somebody looks at the home surface."""
    event = body["event"]
    if event.get("tab", "home") != "home":
        return None
    common = _common(body, user=_id(event, "user"), private=True, channel=_id(event, "channel"))
    return Opened(**common) if common else None


def joined(body: JSON) -> Heard | None:
    """Hear that the bot was added to a channel; people come and go without a word."""
    event = body["event"]
    bot = _bot_user(body)
    if not bot or event.get("user") != bot:
        return None
    who = _id(event, "inviter") or bot
    common = _common(body, user=who, private=False, channel=_id(event, "channel"))
    return Joined(**common) if common else None


def left(body: JSON) -> Heard | None:
    """Hear that the bot was removed from a channel."""
    event = body["event"]
    bot = _bot_user(body)
    person = event.get("type") == "member_left_channel" and event.get("user") != bot
    if person or not bot:
        return None
    common = _common(body, user=bot, private=False, channel=_id(event, "channel"))
    return Left(**common) if common else None


def closed(body: JSON) -> Heard | None:
    """Hear that an account was closed; other changes of a person are looked up."""
    user = body["event"].get("user")
    if not isinstance(user, dict) or not user.get("deleted"):
        return None
    common = _common(body, user=_id(user, "id"), private=True)
    return Left(**{**common, "profile": Profile(gone=True)}) if common else None


def changed(body: JSON) -> AccountId | None:
    """Return whose profile changed."""
    user, workspace = body["event"].get("user"), workspace_of(body)
    id_ = _id(user, "id") if isinstance(user, dict) else ""
    return account_id(workspace, id_) if id_ and workspace else None


def renamed(body: JSON) -> ChannelId | None:
    """Return which channel has another name."""
    channel, workspace = body["event"].get("channel"), workspace_of(body)
    id_ = _id(channel, "id")
    return channel_id(workspace, id_) if id_ and workspace else None


def reacted(body: JSON) -> Heard | None:
    """Hear an emoji on one of the bot's own messages."""
    event = body["event"]
    item = event.get("item")
    if not isinstance(item, dict) or item.get("type") != "message":
        return None
    channel, ts, bot = _id(item, "channel"), _at(item, "ts"), _bot_user(body)
    if not bot or event.get("item_user") != bot or not _TS.fullmatch(ts) or not channel:
        return None
    private = channel.startswith("D")
    common = _common(body, user=_id(event, "user"), private=private, channel=channel)
    if not common:
        return None
    return Reacted(
        **common,
        name=_at(event, "reaction"),
        message=MessageRef(encode(workspace_of(body), channel, ts)),
        removed=event.get("type") == "reaction_removed",
    )


# --- commands and interactions -------------------------------------------------------------


def commanded(body: JSON) -> Heard | None:
    """Hear the slash command; its answer is for this person only, wherever she typed it."""
    common = _common(body, user=_id(body, "user_id"), private=True, channel=_id(body, "channel_id"))
    if not common:
        return None
    # The direct message in which a command is typed may be one between two people.
    common["route"] = ""
    return Commanded(**common, command=Action.MENU, words=readable(_at(body, "text")).strip())


def shortcut(body: JSON) -> Heard | None:
    """Hear a shortcut from anywhere: it stands for pressing the button of that action."""
    common = _common(body, user=_id(body, "user", "id"), private=True)
    return Pressed(**common, action=_at(body, "callback_id")) if common else None


def from_message(body: JSON) -> Heard | None:
    """Hear a shortcut on a message: its words, and the way back to it."""
    common = _common(body, user=_id(body, "user", "id"), private=True)
    if not common:
        return None
    return Commanded(
        **common,
        command=_at(body, "callback_id"),
        words=readable(_at(body, "message", "text")).strip(),
        link=permalink(body),
    )


def pressed(body: JSON, key: bytes) -> Heard | None:
    """Hear a button or a point of a scale, with what stands in the inputs beside it.

    The signed value says which action it is. What we did not sign becomes the empty action,
    which the core answers as out of date.
    """
    action = _first_action(body)
    channel = _id(body, "channel", "id") or _id(body, "container", "channel_id")
    private = not channel or channel.startswith("D")
    common = _common(body, user=_id(body, "user", "id"), private=private, channel=channel)
    if not common:
        return None
    word, argument = opened_seal(key, ACTION, _at(action, "value"))
    workspace = workspace_of(body)
    values = _values(body, workspace)
    _, *rest = _at(action, "action_id").split(":")
    if word and len(rest) == 2:  # noqa: PLR2004 - a scale's id and point
        values[rest[0]] = (rest[1],)
    shown_to_all = isinstance(body.get("message"), dict)
    ts = _at(body, "container", "message_ts") if shown_to_all else ""
    if not private:
        common["thread"] = _at(body, "container", "thread_ts") or ts
    return Pressed(
        **common,
        action=word,
        argument=argument,
        values=values,
        message=MessageRef(encode(workspace, channel, ts) if channel and _TS.fullmatch(ts) else ""),
    )


def submitted(body: JSON, key: bytes) -> Heard | None:
    """Hear a dialog."""
    common = _common(body, user=_id(body, "user", "id"), private=True)
    if not common:
        return None
    view = body["view"]
    word, argument = opened_seal(key, DIALOG, _at(view, "private_metadata"))
    values = _values(body, workspace_of(body))
    # A view keeps its hash when its errors are shown, so what was typed belongs to the key.
    typed = signing.sign(key, "typed", repr(sorted(values.items()))).partition(".")[0]
    common["key"] = f"{PLATFORM}:{_at(view, 'id')}:{_at(view, 'hash')}:{typed}"
    return Submitted(**common, action=word, argument=argument, values=values)


def trigger(body: Mapping[str, Any]) -> str:
    """Return the right to open one dialog."""
    return _at(body, "trigger_id")


def in_dialog(body: Mapping[str, Any]) -> bool:
    """Tell whether the press happened in an open dialog, on top of which the next one goes."""
    return _at(body, "view", "type") == "modal"


def at_the_top(body: Mapping[str, Any]) -> bool:
    """Tell whether a dialog is the third of its pile, on top of which nothing goes any more."""
    below = _at(body, "view", "previous_view_id")
    return bool(below) and below != _at(body, "view", "root_view_id")


def response_url(body: Mapping[str, Any]) -> str:
    """Return where the request may be answered afterwards; views have none."""
    return _at(body, "response_url")


def inputs_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the block ids of a view's inputs, in order: only these can carry an error."""
    view = body.get("view")
    blocks = view.get("blocks") if isinstance(view, dict) else None
    return tuple(_at(one, "block_id") for one in _dicts(blocks) if one.get("type") == "input")


def permalink(body: Mapping[str, Any]) -> str:
    """Build the way back to the message of a shortcut, without asking Slack for it."""
    domain, channel = _at(body, "team", "domain"), _id(body, "channel", "id")
    ts, parent = _at(body, "message", "ts"), _at(body, "message", "thread_ts")
    if not re.fullmatch(r"[a-z0-9-]+", domain) or not channel or not _TS.fullmatch(ts):
        return ""
    link = f"https://{domain}.slack.com/archives/{channel}/p{ts.replace('.', '')}"
    if _TS.fullmatch(parent) and parent != ts:
        link += f"?thread_ts={parent}&cid={channel}"
    return link


# --- words ---------------------------------------------------------------------------------


def readable(text: str) -> str:
    """Undo Slack's escaping: what was typed comes back, mentions and links as people read them.

    Everything in angle brackets was put there by Slack: typed brackets arrive as entities. Half
    surrogates and NUL cannot be stored and are shown as the replacement character.
    """
    return _BARE.sub("\ufffd", html.unescape(_MARKUP.sub(_spelled, text)))


def _spelled(match: re.Match[str]) -> str:
    target, bar, label = match[1].partition("|")
    sign, name = target[:1], target[1:]
    if sign in {"@", "#"}:
        return f"{sign}{label.lstrip('@#') or name}" if bar else target
    if sign == "!":
        word = name.partition("^")[0]
        return label or f"@{word}"
    return label if bar and label else target.removeprefix("mailto:")


# --- signed texts --------------------------------------------------------------------------


def sealed(key: bytes, purpose: str, action: str, argument: str) -> str:
    """Write an action with its argument so that only our own comes back."""
    return signing.sign(key, purpose, f"{_VERSION}|{action}|{argument}")


def opened_seal(key: bytes, purpose: str, text: str) -> tuple[str, str]:
    """Read what ``sealed`` wrote; two empty texts for anything else."""
    signed = signing.verify(key, purpose, text)
    version, _, rest = (signed or "").partition("|")
    action, _, argument = rest.partition("|")
    return (action, argument) if version == _VERSION else ("", "")


# --- helpers -------------------------------------------------------------------------------


def _at(body: Any, *path: str) -> str:  # noqa: ANN401 - a payload may hold anything
    """Return the text at a path; empty where there is none."""
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
    return body if isinstance(body, str) else ""


def _id(body: Any, *path: str) -> str:  # noqa: ANN401
    """Return a Slack id at a path; empty where something else stands."""
    text = _at(body, *path)
    return text if _ID.fullmatch(text) else ""


def _dicts(value: Any) -> Iterator[JSON]:  # noqa: ANN401
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def _first_action(body: Mapping[str, Any]) -> JSON:
    return next(_dicts(body.get("actions")), {})


def _from_person(event: JSON) -> bool:
    """Tell whether a person wrote this just now."""
    subtype = event.get("subtype")
    human = subtype is None or subtype in _HUMAN_SUBTYPES
    return human and not event.get("bot_id") and _at(event, "user") not in {"", "USLACKBOT"}


def _marked(value: Any) -> bool:  # noqa: ANN401
    """Tell whether Slack itself calls somebody a stranger."""
    return isinstance(value, dict) and value.get("is_stranger") is True


def _home(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return the installed workspace and the organisation around it, empty where there is none.

    In a shared channel the outer ids of an event may be those of its other side, so only the
    authorisation counts; a view says by itself where its app is installed.
    """
    first = next(_dicts(body.get("authorizations")), None)
    if first is not None:
        return _id(first, "team_id"), _id(first, "enterprise_id")
    team = _id(body, "view", "app_installed_team_id") or _id(body, "team", "id")
    enterprise = _id(body, "enterprise", "id") or _id(body, "enterprise_id")
    return team or _id(body, "team_id"), enterprise


def _away(body: Mapping[str, Any], id_: str) -> bool:
    """Tell whether a workspace or organisation is not ours.

    Payloads do not list the workspaces of an organisation, so inside of one another workspace
    counts as ours, except where the channel is said to be shared beyond the organisation.
    """
    team, enterprise = _home(body)
    if not id_ or id_ in {team, enterprise} or not (team or enterprise):
        return False
    sibling = bool(enterprise) and id_.startswith("T")
    return not sibling or body.get("is_ext_shared_channel") is True


def _bot_user(body: Mapping[str, Any]) -> str:
    """Return the bot's own user id, as the event names it."""
    for one in _dicts(body.get("authorizations")):
        if one.get("is_bot"):
            return _id(one, "user_id")
    return ""


def _words(body: JSON, event: JSON, *, private: bool, thread: str) -> Heard | None:
    common = _common(body, user=_id(event, "user"), private=private, channel=_id(event, "channel"))
    if not common or not _id(event, "channel"):
        return None
    text = _at(event, "text")
    bot = _bot_user(body)
    if bot:
        text = re.sub(rf"<@{bot}(\|[^<>]*)?>[ \t]*", "", text)
    common["thread"] = thread
    return Said(**common, words=readable(text).strip())


def _common(body: Mapping[str, Any], *, user: str, private: bool, channel: str = "") -> JSON:
    """Return what every event carries; empty where somebody or something has no id."""
    workspace = workspace_of(body)
    once = _at(body, "event_id") or _at(body, "trigger_id")
    if not workspace or not user or not once:
        return {}
    return {
        "key": f"{PLATFORM}:{once}",
        "account": account_id(workspace, user),
        # A press on the home surface happens in no conversation; the person stands for it.
        "place": channel_id(workspace, channel or user),
        "private": private,
        "route": channel if private and channel.startswith("D") else "",
    }


# --- values --------------------------------------------------------------------------------


def _values(body: Mapping[str, Any], workspace: str) -> dict[str, tuple[str, ...]]:
    """Read all inputs: of a message from ``state``, of a view from ``view.state``."""
    view = body.get("view")
    state = view.get("state") if isinstance(view, dict) else body.get("state")
    blocks = state.get("values") if isinstance(state, dict) else None
    found: dict[str, tuple[str, ...]] = {}
    times: dict[str, tuple[str, ...]] = {}
    for block, elements in (blocks if isinstance(blocks, dict) else {}).items():
        for element in _dicts(list(elements.values()) if isinstance(elements, dict) else []):
            chosen = _chosen(element, workspace)
            if block.endswith(TIME):
                times[block.removesuffix(TIME)] = chosen
            else:
                found[block] = chosen
    for name, time in times.items():
        day = found.get(name, ())
        found[name] = (f"{day[0]}T{time[0]}",) if day and time else ()
    return found


def _chosen(element: JSON, workspace: str) -> tuple[str, ...]:
    read = _READERS.get(_at(element, "type"))
    return read(element, workspace) if read else ()


def _one(*path: str) -> Callable[[JSON, str], tuple[str, ...]]:
    def read(element: JSON, _workspace: str) -> tuple[str, ...]:
        text = _BARE.sub("\ufffd", _at(element, *path))
        return (text,) if text else ()

    return read


def _many(element: JSON, _workspace: str) -> tuple[str, ...]:
    return tuple(_at(one, "value") for one in _dicts(element.get("selected_options")))


def _person(element: JSON, workspace: str) -> tuple[str, ...]:
    user = _id(element, "selected_user")
    return (account_id(workspace, user),) if user else ()


_READERS: dict[str, Callable[[JSON, str], tuple[str, ...]]] = {
    "plain_text_input": _one("value"),
    "static_select": _one("selected_option", "value"),
    "radio_buttons": _one("selected_option", "value"),
    "multi_static_select": _many,
    "checkboxes": _many,
    "datepicker": _one("selected_date"),
    "timepicker": _one("selected_time"),
    "users_select": _person,
}
