"""How Slack writes its objects as JSON, the same in answers, events and interactions."""

from typing import Any

from .state import JSON, Channel, Message, OpenView, State, User


def user(state: State, one: User, *, locale: bool = False, email: bool = True) -> JSON:
    """Write a member as users.info does; the address needs its own scope."""
    first, _, last = one.real_name.partition(" ")
    profile: JSON = {
        "title": one.title,
        "real_name": one.real_name,
        "real_name_normalized": one.real_name,
        "display_name": one.name,
        "display_name_normalized": one.name,
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": "0" * 12,
        "image_48": "https://avatars.example.com/48.png",
        "team": state.team_id,
    }
    if email and one.email:
        profile["email"] = one.email
    made: JSON = {
        "id": one.id,
        "team_id": state.team_id,
        "name": one.name,
        "deleted": one.deleted,
        "profile": profile,
        "is_bot": one.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if not one.deleted:
        made |= {
            "real_name": one.real_name,
            "tz": one.tz,
            "tz_label": one.tz,
            "tz_offset": one.tz_offset,
            "is_admin": one.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_email_confirmed": True,
            "color": "9f69e7",
            "who_can_share_contact_card": "EVERYONE",
        }
        if locale:
            made["locale"] = one.locale
    return made


def short_user(state: State, one: User) -> JSON:
    """Write who pressed, as interactions do."""
    return {
        "id": one.id,
        "username": one.name,
        "name": one.name,
        "team_id": state.team_id,
    }


def team(state: State) -> JSON:
    """Write the workspace, as interactions do."""
    return {"id": state.team_id, "domain": state.team_domain}


def channel(state: State, one: Channel, *, locale: bool = False, number: bool = False) -> JSON:
    """Write a conversation as conversations.info does."""
    made: JSON = {
        "id": one.id,
        "created": 1_700_000_000,
        "is_archived": one.archived,
        "is_im": one.kind == "im",
        "is_org_shared": False,
        "context_team_id": state.team_id,
        "updated": 1_700_000_000_000,
    }
    if one.kind == "im":
        other = next(iter(one.members - {state.bot_user_id}))
        made |= {"user": other, "is_user_deleted": state.users[other].deleted, "priority": 0}
    else:
        made |= {
            "name": one.name,
            "name_normalized": one.name,
            "is_channel": one.kind == "public",
            "is_group": one.kind == "private",
            "is_mpim": one.kind == "mpim",
            "is_private": one.kind != "public",
            "is_general": False,
            "is_shared": False,
            "is_ext_shared": False,
            "is_member": state.bot_user_id in one.members,
            "unlinked": 0,
            "creator": "USLACKBOT",
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }
    if locale:
        made["locale"] = "en-US"
    if number:
        made["num_members"] = len(one.members)
    return made


def channel_name(one: Channel) -> str:
    """Return the name that interactions and commands carry."""
    names = {"im": "directmessage", "private": "privategroup"}
    return names.get(one.kind, one.name)


def message(state: State, one: Message) -> JSON:
    """Write a message as it stands."""
    made: JSON = {
        "user": one.user,
        "type": "message",
        "ts": one.ts,
        "text": one.text,
        "team": state.team_id,
    }
    if one.bot:
        made |= {
            "bot_id": state.bot_id,
            "app_id": state.app_id,
            "bot_profile": {
                "id": state.bot_id,
                "app_id": state.app_id,
                "user_id": state.bot_user_id,
                "name": state.bot_name,
                "icons": {},
                "deleted": False,
                "updated": 1_700_000_000,
                "team_id": state.team_id,
            },
        }
    optional: dict[str, Any] = {
        "blocks": list(one.blocks),
        "attachments": list(one.attachments),
        "thread_ts": one.thread_ts,
        "metadata": one.metadata,
    }
    made |= {name: value for name, value in optional.items() if value}
    if one.edited_at is not None:
        made["edited"] = {"user": state.bot_id if one.bot else one.user, "ts": one.edited_at}
    return made


def view(state: State, one: OpenView, values: JSON | None = None) -> JSON:
    """Write an open view with what was typed into it."""
    content = one.content
    made: JSON = {
        "id": one.id,
        "team_id": state.team_id,
        "type": one.kind,
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "state": {"values": one.typed if values is None else values},
        "hash": one.hash,
        "title": content.get("title", {"type": "plain_text", "text": "View Title"}),
        "clear_on_close": content.get("clear_on_close", False),
        "notify_on_close": content.get("notify_on_close", False),
        "close": content.get("close"),
        "submit": content.get("submit"),
        "previous_view_id": one.previous_id,
        "root_view_id": one.root_id,
        "app_id": state.app_id,
        "external_id": content.get("external_id", ""),
        "app_installed_team_id": state.team_id,
        "bot_id": state.bot_id,
    }
    return made
