"""The Web API as a table: per method its arguments, scope, budget per minute, and what it does.

A test that needs a further method adds a row: ``slack.methods["pins.add"] = Method(...)``.
"""

import base64
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from tests.fakes.blockkit import Surface, judge

from . import shapes
from .state import (
    JSON,
    TOKEN_SECONDS,
    Channel,
    Message,
    OpenView,
    SlackError,
    State,
    Token,
)

Kind: TypeAlias = Literal["str", "bool", "int", "list", "json"]
Handler: TypeAlias = Callable[[State, JSON], JSON]

TEXT_CUT = 40_000
"""Slack cuts the text of a message beyond this length without a word."""
MARKDOWN_TEXT = 12_000
ATTACHMENTS = 100
VIEW_BYTES = 250_000
PAGE = 1_000
POST_MESSAGE_PER_MINUTE = 300
"""chat.postMessage: "several hundred messages per minute" and workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the Web API."""

    handler: Handler
    required: dict[str, Kind] = field(default_factory=dict)
    optional: dict[str, Kind] = field(default_factory=dict)
    # Any one of these scopes is enough; an empty tuple asks for none.
    scopes: tuple[str, ...] = ()
    # Calls per minute and workspace: the constants of Slack's Java SDK.
    budget: int = 50
    # Whether a second bucket of one call per second and channel applies.
    per_channel: bool = False
    token: Literal["bot", "app", "client"] = "bot"


# --- what several methods share ------------------------------------------------------------


def check_card(state: State, card: list[JSON] | JSON, surface: Surface, source: str) -> None:
    """Refuse what the judge refuses; an app that sends such a card has a defect."""
    faults = judge(card, surface) if state.judging else []
    if not faults:
        return
    for fault in faults:
        state.violate(f"{source}: {fault}")
    only_sum = len(faults) == 1 and "characters in all blocks" in faults[0]
    raise SlackError(
        "msg_blocks_too_long" if only_sum else "invalid_blocks",
        errors=[fault.split(" [json-pointer")[0] for fault in faults],
        response_metadata={"messages": [f"[ERROR] {fault}" for fault in faults]},
    )


def check_content(state: State, args: JSON, source: str) -> None:
    """Check text, blocks and attachments of anything that becomes a message."""
    blocks, text = args.get("blocks"), args.get("text", "")
    if "markdown_text" in args:
        _check_markdown(args)
        return
    if not isinstance(text, str):
        raise SlackError("invalid_arguments")
    if blocks is not None and not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if not text.strip():
        if not blocks and not args.get("attachments"):
            raise SlackError("no_text")
        state.violate(f"{source}: blocks without text are silent to screen readers")
    if len(args.get("attachments") or ()) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if len(text) > TEXT_CUT:
        state.violate(f"{source}: text of {len(text)} characters is cut at {TEXT_CUT}")
        args["text"] = text[:TEXT_CUT]
    if blocks:
        check_card(state, blocks, "message", source)


def _check_markdown(args: JSON) -> None:
    if "text" in args or args.get("blocks"):
        raise SlackError("markdown_text_conflict")
    if len(args["markdown_text"]) > MARKDOWN_TEXT:
        raise SlackError("msg_too_long")


def need_scope(state: State, *any_of: str) -> None:
    """Refuse a call whose token lacks every one of the scopes."""
    if any_of and not state.scopes & set(any_of):
        raise SlackError("missing_scope", needed=any_of[0], provided=",".join(sorted(state.scopes)))


def _channel(state: State, args: JSON, source: str) -> Channel:
    """Return the conversation the bot may know of."""
    id_ = args["channel"]
    if id_[:1] in {"U", "W"}:
        state.violate(f"{source}: channel {id_} is a person; open a conversation first")
        raise SlackError("channel_not_found")
    channel = state.channels.get(id_)
    hidden = channel is not None and channel.kind != "public"
    if channel is None or (hidden and state.bot_user_id not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def _writable(state: State, args: JSON, source: str) -> Channel:
    channel = _channel(state, args, source)
    if channel.archived:
        raise SlackError("is_archived")
    if state.bot_user_id not in channel.members and "chat:write.public" not in state.scopes:
        raise SlackError("not_in_channel")
    return channel


def _page(args: JSON, rows: list[JSON], *, default: int = 100) -> tuple[list[JSON], JSON]:
    """Cut one page out of a list."""
    limit = args.get("limit", default)
    if not 1 <= limit <= PAGE:
        raise SlackError("invalid_limit")
    start = 0
    if cursor := args.get("cursor"):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except ValueError as error:
            raise SlackError("invalid_cursor") from error
    end = start + limit
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(rows) else ""
    return rows[start:end], {"response_metadata": {"next_cursor": following}}


def _known_user(state: State, id_: str) -> None:
    if id_ not in state.users:
        raise SlackError("user_not_found")


# --- auth and apps -------------------------------------------------------------------------


def auth_test(state: State, _args: JSON) -> JSON:
    return {
        "url": f"https://{state.team_domain}.slack.com/",
        "team": state.team_name,
        "user": state.bot_name,
        "team_id": state.team_id,
        "user_id": state.bot_user_id,
        "bot_id": state.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(_state: State, _args: JSON) -> JSON:
    # The server, which knows its own address, adds the url.
    return {"ticket": secrets.token_hex(8)}


def oauth_access(state: State, args: JSON) -> JSON:
    if args.get("client_id") != state.client_id:
        raise SlackError("invalid_client_id")
    if args.get("client_secret") != state.client_secret:
        raise SlackError("bad_client_secret")
    if args.get("grant_type") == "refresh_token":
        _spend(state.refresh_tokens, args.get("refresh_token"), "invalid_refresh_token")
    elif "code" in args:
        _spend(state.codes, args["code"], "invalid_code")
    else:
        raise SlackError("invalid_arguments")
    return _granted(state)


def _spend(purse: dict[str, bool], coin: str | None, error: str) -> None:
    """Use a code or refresh token up: each works once."""
    if coin is None or not purse.get(coin, False):
        raise SlackError(error)
    purse[coin] = False


def _granted(state: State) -> JSON:
    answer: JSON = {
        "token_type": "bot",
        "scope": ",".join(sorted(state.scopes)),
        "bot_user_id": state.bot_user_id,
        "app_id": state.app_id,
        "team": {"name": state.team_name, "id": state.team_id},
        "enterprise": None,
        "authed_user": {"id": next(iter(state.users))},
        "is_enterprise_install": False,
        "access_token": state.bot_token,
    }
    if state.rotation:
        expires = state.clock.now() + TOKEN_SECONDS
        token = Token(value=f"xoxe.xoxb-1-{secrets.token_hex(12)}", expires_at=expires)
        refresh = f"xoxe-1-{secrets.token_hex(12)}"
        state.tokens[token.value] = token
        state.refresh_tokens[refresh] = True
        answer |= {
            "access_token": token.value,
            "refresh_token": refresh,
            "expires_in": TOKEN_SECONDS,
        }
    return answer


# --- chat ----------------------------------------------------------------------------------


def _metadata(args: JSON) -> JSON | None:
    metadata: JSON | None = args.get("metadata")
    if metadata is None:
        return None
    named = isinstance(metadata.get("event_type"), str)
    if not named or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return metadata


def _text(args: JSON) -> str:
    return str(args.get("text", args.get("markdown_text", "")))


def _attachments(args: JSON) -> tuple[JSON, ...]:
    return tuple(args.get("attachments") or ())


def post_message(state: State, args: JSON) -> JSON:
    source = "chat.postMessage"
    channel = _writable(state, args, source)
    if {"username", "icon_emoji", "icon_url"} & set(args):
        need_scope(state, "chat:write.customize")
    check_content(state, args, source)
    thread = args.get("thread_ts")
    if thread is not None and state.message(channel.id, thread) is None:
        raise SlackError("cannot_reply_to_message")
    message = state.put_message(
        Message(
            channel=channel.id,
            ts=state.new_ts(),
            user=state.bot_user_id,
            text=_text(args),
            blocks=state.filled(args.get("blocks") or ()),
            attachments=_attachments(args),
            thread_ts=thread,
            metadata=_metadata(args),
            bot=True,
        )
    )
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": shapes.message(state, message),
    }


def own_message(state: State, args: JSON, refusal: str, source: str) -> Message:
    """Return a message of the bot that is still there."""
    channel = _channel(state, args, source)
    message = state.message(channel.id, args["ts"])
    if message is None or message.deleted or message.only_for is not None:
        raise SlackError("message_not_found")
    if not message.bot:
        raise SlackError(refusal)
    if channel.archived:
        raise SlackError("is_archived")
    return message


def edited(state: State, message: Message, args: JSON) -> Message:
    """Put new content into a message; blocks that are not given again are gone."""
    return state.put_message(
        replace(
            message,
            text=_text(args),
            blocks=state.filled(args.get("blocks") or ()),
            attachments=_attachments(args),
            metadata=_metadata(args) or message.metadata,
            edited_at=state.new_ts(),
            versions=(*message.versions, shapes.message(state, message)),
        )
    )


def update(state: State, args: JSON) -> JSON:
    message = own_message(state, args, "cant_update_message", "chat.update")
    check_content(state, args, "chat.update")
    message = edited(state, message, args)
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": shapes.message(state, message),
    }


def delete(state: State, args: JSON) -> JSON:
    message = own_message(state, args, "cant_delete_message", "chat.delete")
    state.put_message(replace(message, deleted=True))
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(state: State, args: JSON) -> JSON:
    source = "chat.postEphemeral"
    channel = _channel(state, args, source)
    _known_user(state, args["user"])
    if channel.archived:
        raise SlackError("is_archived")
    if state.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    if args["user"] not in channel.members:
        raise SlackError("user_not_in_channel")
    check_content(state, args, source)
    message = ephemeral(state, channel.id, args["user"], args)
    return {"message_ts": message.ts}


def ephemeral(state: State, channel: str, user: str, args: JSON) -> Message:
    """Show words to one person only."""
    return state.put_message(
        Message(
            channel=channel,
            ts=state.new_ts(),
            user=state.bot_user_id,
            text=_text(args),
            blocks=state.filled(args.get("blocks") or ()),
            attachments=_attachments(args),
            thread_ts=args.get("thread_ts"),
            bot=True,
            only_for=user,
        )
    )


def permalink(state: State, args: JSON) -> JSON:
    channel = _channel(state, args, "chat.getPermalink")
    message = state.message(channel.id, args["message_ts"])
    if message is None or message.deleted:
        raise SlackError("message_not_found")
    place = f"https://{state.team_domain}.slack.com/archives/{channel.id}"
    return {"channel": channel.id, "permalink": f"{place}/p{message.ts.replace('.', '')}"}


# --- conversations -------------------------------------------------------------------------

_READ = {
    "public": "channels:read",
    "private": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}


def conversations_open(state: State, args: JSON) -> JSON:
    if "channel" in args:
        channel = _channel(state, args, "conversations.open")
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    people = [one for one in args.get("users", "").split(",") if one]
    if not people:
        raise SlackError("users_list_not_supplied")
    for one in people:
        _known_user(state, one)
        if state.users[one].deleted:
            raise SlackError("user_disabled")
        if state.users[one].is_bot:
            raise SlackError("cannot_dm_bot")
    known = set(state.channels)
    channel = state.open_dm(people[0]) if len(people) == 1 else _open_group(state, people)
    shown = shapes.channel(state, channel) if args.get("return_im") else {"id": channel.id}
    repeated = {"no_op": True, "already_open": True} if channel.id in known else {}
    return {"channel": shown} | repeated


def _open_group(state: State, people: list[str]) -> Channel:
    need_scope(state, "mpim:write")
    members = frozenset(people) | {state.bot_user_id}
    for channel in state.channels.values():
        if channel.kind == "mpim" and channel.members == members:
            return channel
    names = "--".join(sorted(state.users[one].name for one in members))
    return state.add_channel(state.new_id("G"), f"mpdm-{names}-1", members=members, kind="mpim")


def conversations_info(state: State, args: JSON) -> JSON:
    channel = _channel(state, args, "conversations.info")
    need_scope(state, _READ[channel.kind])
    shown = shapes.channel(
        state,
        channel,
        locale=args.get("include_locale", False),
        number=args.get("include_num_members", False),
    )
    return {"channel": shown}


_TYPES = {"public_channel": "public", "private_channel": "private", "mpim": "mpim", "im": "im"}


def conversations_list(state: State, args: JSON) -> JSON:
    names = args.get("types", "public_channel").split(",")
    if not set(names) <= set(_TYPES):
        raise SlackError("invalid_types")
    kinds = {_TYPES[name] for name in names}
    for kind in kinds:
        need_scope(state, _READ[kind])
    rows = [
        shapes.channel(state, channel, number=True)
        for channel in state.channels.values()
        if channel.kind in kinds
        and (channel.kind == "public" or state.bot_user_id in channel.members)
        and not (channel.archived and args.get("exclude_archived"))
    ]
    page, more = _page(args, rows)
    return {"channels": page} | more


def conversations_members(state: State, args: JSON) -> JSON:
    channel = _channel(state, args, "conversations.members")
    need_scope(state, _READ[channel.kind])
    page, more = _page(args, [{"id": one} for one in sorted(channel.members)])
    return {"members": [row["id"] for row in page]} | more


# --- users ---------------------------------------------------------------------------------


def _shown(state: State, ids: Iterable[str], args: JSON) -> list[JSON]:
    return [
        shapes.user(
            state,
            state.users[one],
            locale=args.get("include_locale", False),
            email="users:read.email" in state.scopes,
        )
        for one in ids
    ]


def users_info(state: State, args: JSON) -> JSON:
    _known_user(state, args["user"])
    return {"user": _shown(state, [args["user"]], args)[0]}


def users_list(state: State, args: JSON) -> JSON:
    page, more = _page(args, [{"id": one} for one in state.users], default=PAGE)
    members = _shown(state, [row["id"] for row in page], args)
    return {"members": members, "cache_ts": int(state.clock.now())} | more


def users_lookup(state: State, args: JSON) -> JSON:
    wanted = args["email"].lower()
    for one in state.users.values():
        if one.email.lower() == wanted and not one.deleted:
            return {"user": _shown(state, [one.id], args)[0]}
    raise SlackError("users_not_found")


# --- views ---------------------------------------------------------------------------------


def check_view(state: State, view: Any, surface: Surface, source: str) -> None:  # noqa: ANN401
    """Refuse a view that Slack would refuse."""
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments")
    if len(str(view)) > VIEW_BYTES:
        raise SlackError("view_too_large")
    check_card(state, view, surface, source)


def views_open(state: State, args: JSON) -> JSON:
    check_view(state, args["view"], "modal", "views.open")
    trigger = state.use_trigger(args["trigger_id"])
    view = state.stack_view(trigger.user, args["view"], on=None)
    return {"view": shapes.view(state, view)}


def views_push(state: State, args: JSON) -> JSON:
    check_view(state, args["view"], "modal", "views.push")
    trigger = state.use_trigger(args["trigger_id"])
    if trigger.view is None:
        raise SlackError("invalid_trigger_id")
    view = state.stack_view(trigger.user, args["view"], on=trigger.view)
    return {"view": shapes.view(state, view)}


def _open_view(state: State, args: JSON) -> OpenView:
    for view in state.views.values():
        wanted = args.get("view_id") == view.id
        wanted |= "external_id" in args and args["external_id"] == view.content.get("external_id")
        if wanted and view.open:
            return view
    raise SlackError("not_found")


def views_update(state: State, args: JSON) -> JSON:
    if ("view_id" in args) == ("external_id" in args):
        raise SlackError("invalid_arguments")
    check_view(state, args["view"], "modal", "views.update")
    view = _open_view(state, args)
    if "hash" in args and args["hash"] != view.hash:
        raise SlackError("hash_conflict")
    return {"view": shapes.view(state, state.replace_view(view, args["view"]))}


def views_publish(state: State, args: JSON) -> JSON:
    _known_user(state, args["user_id"])
    check_view(state, args["view"], "home", "views.publish")
    home = state.home(args["user_id"])
    if "hash" in args and (home is None or args["hash"] != home.hash):
        raise SlackError("hash_conflict")
    if home is None:
        id_ = state.new_id("V")
        home = OpenView(id=id_, user=args["user_id"], content=args["view"], hash="", root_id=id_)
        state.homes[args["user_id"]] = id_
    return {"view": shapes.view(state, state.replace_view(home, args["view"]))}


# --- the table -----------------------------------------------------------------------------

_CONTENT: dict[str, Kind] = {
    "text": "str",
    "blocks": "list",
    "attachments": "list",
    "markdown_text": "str",
    "link_names": "bool",
    "parse": "str",
}
_AUTHOR: dict[str, Kind] = {"icon_emoji": "str", "icon_url": "str", "username": "str"}
_PAGING: dict[str, Kind] = {"cursor": "str", "limit": "int"}


def table() -> dict[str, Method]:
    """Return the methods; each fake has a copy of its own to extend."""
    return {
        "auth.test": Method(handler=auth_test, budget=600),
        "apps.connections.open": Method(handler=connections_open, budget=1, token="app"),
        "oauth.v2.access": Method(
            handler=oauth_access,
            optional={
                "client_id": "str",
                "client_secret": "str",
                "code": "str",
                "redirect_uri": "str",
                "grant_type": "str",
                "refresh_token": "str",
            },
            budget=100,
            token="client",
        ),
        "chat.postMessage": Method(
            handler=post_message,
            required={"channel": "str"},
            optional=_CONTENT
            | _AUTHOR
            | {
                "thread_ts": "str",
                "reply_broadcast": "bool",
                "unfurl_links": "bool",
                "unfurl_media": "bool",
                "mrkdwn": "bool",
                "metadata": "json",
            },
            scopes=("chat:write",),
            budget=POST_MESSAGE_PER_MINUTE,
            per_channel=True,
        ),
        "chat.update": Method(
            handler=update,
            required={"channel": "str", "ts": "str"},
            optional=_CONTENT | {"metadata": "json", "reply_broadcast": "bool"},
            scopes=("chat:write",),
        ),
        "chat.delete": Method(
            handler=delete, required={"channel": "str", "ts": "str"}, scopes=("chat:write",)
        ),
        "chat.postEphemeral": Method(
            handler=post_ephemeral,
            required={"channel": "str", "user": "str"},
            optional=_CONTENT | _AUTHOR | {"thread_ts": "str"},
            scopes=("chat:write",),
            budget=100,
        ),
        "chat.getPermalink": Method(
            handler=permalink, required={"channel": "str", "message_ts": "str"}, budget=100
        ),
        "conversations.open": Method(
            handler=conversations_open,
            optional={"users": "str", "channel": "str", "return_im": "bool"},
            scopes=("im:write", "mpim:write"),
        ),
        "conversations.info": Method(
            handler=conversations_info,
            required={"channel": "str"},
            optional={"include_locale": "bool", "include_num_members": "bool"},
            scopes=tuple(_READ.values()),
        ),
        "conversations.list": Method(
            handler=conversations_list,
            optional=_PAGING | {"exclude_archived": "bool", "types": "str"},
            scopes=tuple(_READ.values()),
            budget=20,
        ),
        "conversations.members": Method(
            handler=conversations_members,
            required={"channel": "str"},
            optional=_PAGING,
            scopes=tuple(_READ.values()),
            budget=100,
        ),
        "users.info": Method(
            handler=users_info,
            required={"user": "str"},
            optional={"include_locale": "bool"},
            scopes=("users:read",),
            budget=100,
        ),
        "users.list": Method(
            handler=users_list,
            optional=_PAGING | {"include_locale": "bool"},
            scopes=("users:read",),
            budget=20,
        ),
        "users.lookupByEmail": Method(
            handler=users_lookup, required={"email": "str"}, scopes=("users:read.email",)
        ),
        "views.open": Method(
            handler=views_open, required={"trigger_id": "str", "view": "json"}, budget=100
        ),
        "views.push": Method(
            handler=views_push, required={"trigger_id": "str", "view": "json"}, budget=100
        ),
        "views.update": Method(
            handler=views_update,
            required={"view": "json"},
            optional={"view_id": "str", "external_id": "str", "hash": "str"},
            budget=100,
        ),
        "views.publish": Method(
            handler=views_publish,
            required={"user_id": "str", "view": "json"},
            optional={"hash": "str"},
            budget=100,
        ),
    }
