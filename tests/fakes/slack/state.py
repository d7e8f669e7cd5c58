"""What the fake Slack remembers: people, channels, messages, views, tokens, and each call."""

import hashlib
import itertools
import json
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from .clock import Clock

JSON: TypeAlias = dict[str, Any]

TRIGGER_SECONDS = 3.0
"""A trigger_id opens one modal within three seconds."""
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5
TOKEN_SECONDS = 12 * 3600
"""Life of a rotated token: twelve hours."""
VIEW_STACK = 3

BOT_SCOPES = (
    "app_mentions:read", "channels:read", "chat:write", "commands", "files:write",
    "groups:read", "im:history", "im:write", "reactions:read", "usergroups:read", "users:read",
    "users:read.email",
)  # fmt: skip
"""What an app has that asks for little; `chat:write.public` is not in it."""

SUBSCRIPTIONS = (
    "agent_session_stopped", "app_home_opened", "app_mention", "app_uninstalled",
    "channel_archive", "channel_rename", "member_joined_channel", "member_left_channel",
    "message.im", "reaction_added", "team_join", "tokens_revoked", "user_change",
)  # fmt: skip


class SlackError(Exception):
    """Slack answers ``ok: false`` with this code and these further fields."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A member of the workspace."""

    id: str
    name: str
    real_name: str
    email: str = ""
    title: str = ""
    tz: str = "Europe/Berlin"
    tz_offset: int = 3600
    locale: str = "en-US"
    is_bot: bool = False
    deleted: bool = False
    is_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A conversation: `kind` is public, private, im or mpim."""

    id: str
    name: str = ""
    kind: str = "public"
    members: frozenset[str] = frozenset()
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it stands now; `versions` are its earlier contents, oldest first."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[JSON, ...] = ()
    attachments: tuple[JSON, ...] = ()
    thread_ts: str | None = None
    metadata: JSON | None = None
    bot: bool = False
    # Whoever sees an ephemeral message; None when everybody in the channel does.
    only_for: str | None = None
    deleted: bool = False
    edited_at: str | None = None
    reactions: tuple[tuple[str, str], ...] = ()
    versions: tuple[JSON, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenView:
    """A modal somebody has open, or the Home of one person."""

    id: str
    user: str
    content: JSON
    hash: str
    root_id: str
    previous_id: str | None = None
    # What the person typed so far: block id -> action id -> value as in view.state.values.
    typed: JSON = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    open: bool = True

    @property
    def kind(self) -> str:
        return str(self.content["type"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The right to open one modal."""

    id: str
    user: str
    expires_at: float
    # The modal in which the press happened; only from there a view can be pushed.
    view: str | None = None
    used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseURL:
    """The right to answer an interaction five times within half an hour."""

    id: str
    channel: str
    user: str
    expires_at: float
    message_ts: str | None = None
    uses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bot token; without `expires_at` it never expires."""

    value: str
    expires_at: float | None = None
    revoked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the Web API, as the log keeps it."""

    method: str
    args: JSON
    at: float
    # "ok", the error code, or the kind of fault that hit it.
    outcome: str
    # Whether the call changed anything at Slack, whatever the caller was told.
    effect: bool


@dataclass(slots=True, kw_only=True)
class State:
    """Everything one workspace knows. Handlers of the method table change it, nobody else."""

    clock: Clock
    team_id: str = "T1"
    team_domain: str = "acme"
    team_name: str = "Acme"
    app_id: str = "A1"
    bot_id: str = "B1"
    bot_user_id: str = "UBOT"
    bot_name: str = "groundswell"
    client_id: str = "111.222"
    client_secret: str = "client-secret"
    signing_secret: str = "signing-secret"
    verification_token: str = "verification-token"
    bot_token: str = "xoxb-fake-token"
    app_token: str = "xapp-1-A1-fake"
    redirect_uris: tuple[str, ...] = ()
    scopes: set[str] = field(default_factory=lambda: set(BOT_SCOPES))
    subscriptions: set[str] = field(default_factory=lambda: set(SUBSCRIPTIONS))
    rotation: bool = False
    judging: bool = True

    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    # channel id -> time -> message
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    dms: dict[str, str] = field(default_factory=dict)
    views: dict[str, OpenView] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseURL] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    refresh_tokens: dict[str, bool] = field(default_factory=dict)
    codes: dict[str, bool] = field(default_factory=dict)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=200_000))
    violations: list[str] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    last_ts: int = 0
    # Called when something happened that somebody may wait for.
    notify: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        """Add the bot and its token."""
        self.tokens[self.bot_token] = Token(value=self.bot_token)
        self.add_user(self.bot_user_id, self.bot_name, real_name="Groundswell", is_bot=True)

    # --- making things ---------------------------------------------------------------------

    def add_user(self, id: str, name: str, **more: Any) -> User:  # noqa: A002, ANN401
        more.setdefault("real_name", name.replace(".", " ").title())
        more.setdefault("email", "" if more.get("is_bot") else f"{name}@example.com")
        self.users[id] = User(id=id, name=name, **more)
        return self.users[id]

    def add_channel(
        self,
        id: str,  # noqa: A002
        name: str,
        *,
        members: Iterable[str] = (),
        bot: bool = True,
        kind: str = "public",
        archived: bool = False,
    ) -> Channel:
        everybody = set(members) | ({self.bot_user_id} if bot else set())
        self.channels[id] = Channel(
            id=id, name=name, kind=kind, members=frozenset(everybody), archived=archived
        )
        return self.channels[id]

    def open_dm(self, user: str) -> Channel:
        """Return the direct message between a person and the app; the first call opens it."""
        if user not in self.dms:
            self.dms[user] = f"D{user.removeprefix('U')}"
            pair = frozenset({user, self.bot_user_id})
            self.channels[self.dms[user]] = Channel(id=self.dms[user], kind="im", members=pair)
        return self.channels[self.dms[user]]

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self.numbers):06d}"

    def new_ts(self) -> str:
        """Return a message time that no other message has."""
        self.last_ts = max(self.last_ts + 1, int(self.clock.now() * 1_000_000))
        return f"{self.last_ts // 1_000_000}.{self.last_ts % 1_000_000:06d}"

    def new_trigger(self, user: str, view: str | None = None) -> Trigger:
        trigger = Trigger(
            id=f"{next(self.numbers)}.{self.team_id}.{secrets.token_hex(8)}",
            user=user,
            view=view,
            expires_at=self.clock.now() + TRIGGER_SECONDS,
        )
        self.triggers[trigger.id] = trigger
        return trigger

    def new_response_url(self, channel: str, user: str, message_ts: str | None) -> ResponseURL:
        url = ResponseURL(
            id=secrets.token_hex(8),
            channel=channel,
            user=user,
            message_ts=message_ts,
            expires_at=self.clock.now() + RESPONSE_URL_SECONDS,
        )
        self.response_urls[url.id] = url
        return url

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Spend a trigger, or say why it opens nothing."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.clock.now() >= trigger.expires_at:
            raise SlackError("expired_trigger_id")
        self.triggers[trigger_id] = replace(trigger, used=True)
        return trigger

    # --- messages --------------------------------------------------------------------------

    def put_message(self, message: Message) -> Message:
        self.messages.setdefault(message.channel, {})[message.ts] = message
        return message

    def message(self, channel: str, ts: str | None) -> Message | None:
        """Return a message as it stands now, deleted or not."""
        return self.messages.get(channel, {}).get(ts or "")

    def filled(self, blocks: Iterable[JSON]) -> tuple[JSON, ...]:
        """Give blocks and elements the ids that Slack makes up for them."""
        return tuple(self._filled(block, block=True) for block in blocks)

    def _filled(self, value: JSON, *, block: bool) -> JSON:
        made: JSON = dict(value)
        if block:
            made.setdefault("block_id", self.new_id("b"))
        for key in ("elements", "actions"):
            if isinstance(made.get(key), list) and made["type"] in _HOLDERS:
                made[key] = [self._filled(one, block=False) for one in made[key]]
        for key in ("accessory", "element"):
            if isinstance(made.get(key), dict):
                made[key] = self._filled(made[key], block=False)
        if isinstance(made.get("child_blocks"), list):
            made["child_blocks"] = [self._filled(one, block=True) for one in made["child_blocks"]]
        if not block and made.get("type") in INTERACTIVE:
            made.setdefault("action_id", self.new_id("a"))
        return made

    def visible(self, channel: str, user: str | None = None) -> list[Message]:
        """Return what stands in a channel, oldest first, with the ephemeral words for one."""
        found = [
            message
            for message in self.messages.get(channel, {}).values()
            if not message.deleted and message.only_for in {None, user}
        ]
        return sorted(found, key=lambda message: message.ts)

    # --- views -----------------------------------------------------------------------------

    def view_hash(self, content: JSON) -> str:
        digest = hashlib.md5(json.dumps(content).encode(), usedforsecurity=False).hexdigest()
        return f"{int(self.clock.now())}.{next(self.numbers)}{digest[:8]}"

    def stack_view(self, user: str, content: JSON, *, on: str | None) -> OpenView:
        """Open a modal, on top of another one or as the only one."""
        stack = self.stacks.get(user, []) if on is not None else []
        if on is not None and on not in stack:
            raise SlackError("not_found")
        if len(stack) >= VIEW_STACK:
            raise SlackError("push_limit_reached")
        if on is None:
            self.close_all(user)
        id_ = self.new_id("V")
        content = self._content(content, but=None)
        view = OpenView(
            id=id_,
            user=user,
            content=content,
            hash=self.view_hash(content),
            root_id=stack[0] if stack else id_,
            previous_id=stack[-1] if stack else None,
        )
        self.views[id_] = view
        self.stacks[user] = [*stack, id_]
        return view

    def replace_view(self, view: OpenView, content: JSON) -> OpenView:
        """Show other content in an open view; inputs with the same ids keep what was typed."""
        content = self._content(content, but=view.id)
        kept = {
            block["block_id"]: {action: value}
            for block in content["blocks"]
            for action, value in view.typed.get(block["block_id"], {}).items()
            if block.get("element", {}).get("action_id") == action
        }
        new = replace(view, content=content, hash=self.view_hash(content), typed=kept, errors={})
        self.views[view.id] = new
        return new

    def _content(self, content: JSON, *, but: str | None) -> JSON:
        external = content.get("external_id")
        if external and any(
            view.content.get("external_id") == external and view.id != but and view.open
            for view in self.views.values()
        ):
            raise SlackError("duplicate_external_id")
        return content | {"blocks": list(self.filled(content["blocks"]))}

    def close_view(self, view: OpenView) -> None:
        """Close the top view; the one below shows again."""
        stack = self.stacks.get(view.user, [])
        if view.id in stack:
            stack.remove(view.id)
        self.views[view.id] = replace(view, open=False)

    def close_all(self, user: str) -> None:
        for id_ in reversed(self.stacks.get(user, [])[:]):
            self.close_view(self.views[id_])

    def top_view(self, user: str) -> OpenView | None:
        stack = self.stacks.get(user, [])
        return self.views[stack[-1]] if stack else None

    def home(self, user: str) -> OpenView | None:
        id_ = self.homes.get(user)
        return self.views[id_] if id_ else None

    def violate(self, said: str) -> None:
        """Note what the app did wrong."""
        self.violations.append(said)
        self.notify()


_HOLDERS = {"actions", "context_actions", "card", "carousel"}

INTERACTIVE = {
    "button", "channels_select", "checkboxes", "conversations_select", "datepicker",
    "datetimepicker", "email_text_input", "external_select", "feedback_buttons", "file_input",
    "icon_button", "multi_channels_select", "multi_conversations_select",
    "multi_external_select", "multi_static_select", "multi_users_select", "number_input",
    "overflow", "plain_text_input", "radio_buttons", "rich_text_input", "static_select",
    "timepicker", "url_text_input", "users_select", "workflow_button",
}  # fmt: skip
"""Elements that carry an action id."""
