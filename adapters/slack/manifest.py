"""The app's manifest for Slack: what is asked for, and where Slack sends what happens.

Written from the settings, so that addresses and modes agree with the instance that will run.
Names and lengths keep to schema 2.0.0 of Slack's app manifest.
"""

import json
import re
from pathlib import Path
from typing import Any

from adapters.config import Settings
from bot.actions import Action

COMMAND = "/groundswell"
EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_left",
    "channel_rename",
    "group_left",
    "member_joined_channel",
    "member_left_channel",
    "message.im",
    "tokens_revoked",
    "user_change",
)
"""What is routed, without reactions: nothing is done with them yet, and they cost a scope."""
SCOPES = (
    "app_mentions:read",  # mentions, and nothing else that is said in a channel
    "channels:read",  # the names of channels the bot was added to, and when it was
    "chat:write",
    "commands",
    "groups:read",  # the same for private channels
    "im:history",  # what people write to the bot itself
    "im:write",  # opening the direct message in which they are asked
    "users:read",  # name, language and time zone
)
OPTIONAL_SCOPES = ("users:read.email",)
"""One person on two platforms is recognised by the address; without it there are two persons."""

_DESCRIPTION = "Tell IT what you need, answer a pulse in one tap, and hear what became of it."
_LONG_DESCRIPTION = (
    "Groundswell is the bridge between you and IT. Say in one sentence what you need: you see it"
    " before it is sent, and you get a number and the day by which a person answers. Answer a"
    " pulse with one tap: no name is kept with an answer, and nothing is shown of fewer than five."
    " Read announcements where you work.\n\n"
    "It reads what you write to it, and messages that mention it. It reads no other messages."
    " It runs on your own organisation's server."
)
_PLAIN = re.compile(r"[a-z][a-z_.:]*[a-z]")
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null"}


def manifest(settings: Settings) -> dict[str, Any]:
    """Return the manifest; without a public address, or with an app token, for Socket Mode."""
    socket = not settings.public_url or bool(settings.slack_app_token.get_secret_value())
    url = "" if socket else f"{settings.public_url}/slack/events"
    where = {} if socket else {"request_url": url}
    redirects = [f"{settings.public_url}/slack/oauth_redirect"] if settings.public_url else []
    return {
        "_metadata": {"major_version": 2, "minor_version": 0},
        "display_information": {
            "name": "Groundswell",
            "description": _DESCRIPTION,
            "long_description": _LONG_DESCRIPTION,
            "background_color": "#0b6477",
        },
        "features": _features({} if socket else {"url": url}),
        "oauth_config": {
            **({"redirect_urls": redirects} if redirects else {}),
            "scopes": {"bot": list(SCOPES), "bot_optional": list(OPTIONAL_SCOPES)},
        },
        "settings": {
            "event_subscriptions": {**where, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **where},
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,  # once on it cannot be turned off: yours to decide
        },
    }


def write_slack(settings: Settings, folder: Path) -> list[Path]:
    """Write the manifest into a folder, which is made; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "slack-manifest.yaml"
    path.write_text(yaml(manifest(settings)), encoding="utf-8")
    return [path]


def yaml(value: dict[str, Any]) -> str:
    """Write plain data as YAML: mappings, lists, texts, numbers and booleans."""
    return "\n".join(_lines(value)) + "\n"


def _features(where: dict[str, str]) -> dict[str, Any]:
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "Groundswell", "always_online": True},
        "shortcuts": [
            {
                "name": "Make this a need",
                "type": "message",
                "callback_id": Action.NEED_FROM_MESSAGE.value,
                "description": "Bring what this message asks for to IT, under your name",
            },
            {
                "name": "Tell IT what you need",
                "type": "global",
                "callback_id": Action.NEED_START.value,
                "description": "Say in one sentence what you need; you see it before it is sent",
            },
        ],
        "slash_commands": [
            {
                "command": COMMAND,
                **where,
                "description": "Tell IT what you need, or see what you can do",
                "usage_hint": "[what you need from IT | my needs | help]",
                # Without it an Enterprise organisation refuses mentions within the text.
                "should_escape": True,
            }
        ],
    }


def _lines(value: Any) -> list[str]:  # noqa: ANN401 - plain data of any shape
    """Return the lines of a value; a single line for one that needs no more."""
    if isinstance(value, dict) and value:
        return [line for key, inner in value.items() for line in _entry(f"{key}:", inner)]
    if isinstance(value, list) and value:
        return [line for inner in value for line in _item(_lines(inner))]
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _YAML_WORDS:
        return [value]
    return [json.dumps(value, ensure_ascii=False)]  # every JSON value is a YAML value


def _entry(key: str, inner: Any) -> list[str]:  # noqa: ANN401
    lines = _lines(inner)
    if isinstance(inner, dict | list) and inner:
        return [key, *(f"  {line}" for line in lines)]
    return [f"{key} {lines[0]}"]


def _item(lines: list[str]) -> list[str]:
    first, *rest = lines
    return [f"- {first}", *(f"  {line}" for line in rest)]
