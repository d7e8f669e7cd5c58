"""A person at Slack: writes, presses, fills in, opens and leaves, through real requests."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.fakes.blockkit import judge

from . import shapes
from .delivery import Answer, Delivery, DeliveryKind
from .elements import CONTROLS, chosen, elements, find, state_values, typed, unanswered
from .methods import check_content, check_view
from .state import JSON, Message, OpenView, SlackError, User

if TYPE_CHECKING:
    from . import FakeSlack

_MENTION = re.compile(r"(<@[UW][A-Z0-9]+>)")
_ACTIONS = {"errors", "update", "push", "clear"}


def escaped(text: str) -> str:
    """Write what a person typed as Slack delivers it; mentions stay mentions."""
    parts = _MENTION.split(text)
    for position in range(0, len(parts), 2):
        plain = parts[position].replace("&", "&amp;")
        parts[position] = plain.replace("<", "&lt;").replace(">", "&gt;")
    return "".join(parts)


def rich(text: str) -> list[JSON]:
    """Write what a person typed as elements of rich text."""
    made: list[JSON] = []
    for part in _MENTION.split(text):
        if _MENTION.fullmatch(part):
            made.append({"type": "user", "user_id": part[2:-1]})
        elif part:
            made.append({"type": "text", "text": part})
    return made


class Person:
    """One member of the workspace, as seen and as acting."""

    def __init__(self, slack: "FakeSlack", id_: str) -> None:
        if id_ not in slack.state.users:
            raise AssertionError(f"nobody is called {id_}; add_user first")
        self.slack = slack
        self.id = id_

    # --- what the person sees --------------------------------------------------------------

    @property
    def record(self) -> User:
        return self.slack.state.users[self.id]

    @property
    def dm(self) -> str:
        """Return the id of the direct message with the app; asking opens it."""
        return self.slack.state.open_dm(self.id).id

    @property
    def view(self) -> OpenView | None:
        """Return the modal on top."""
        return self.slack.state.top_view(self.id)

    @property
    def home(self) -> OpenView | None:
        return self.slack.state.home(self.id)

    def messages(self, channel: str | None = None) -> list[Message]:
        """Return what the person sees in a channel (else the direct message), oldest first."""
        return self.slack.state.visible(channel or self.dm, self.id)

    def heard(self, channel: str | None = None) -> list[Message]:
        """Return what the app said to this person there."""
        return [message for message in self.messages(channel) if message.bot]

    async def hears(
        self,
        containing: str = "",
        *,
        channel: str | None = None,
        after: str = "",
        timeout: float = 5.0,  # noqa: ASYNC109 - handed on to `until`
    ) -> Message:
        """Wait until the app says something, and return the newest that fits."""

        def newest() -> Message | None:
            fitting = [
                message
                for message in self.heard(channel)
                if containing in message.text and message.ts > after
            ]
            return fitting[-1] if fitting else None

        return await self.slack.until(newest, timeout=timeout)

    async def sees_view(
        self,
        check: Callable[[OpenView], bool] = lambda _: True,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109
    ) -> OpenView:
        """Wait until a modal that passes the check is on top."""

        def top() -> OpenView | None:
            view = self.view
            return view if view is not None and check(view) else None

        return await self.slack.until(top, timeout=timeout)

    async def sees_home(
        self,
        check: Callable[[OpenView], bool] = lambda _: True,
        *,
        timeout: float = 5.0,  # noqa: ASYNC109
    ) -> OpenView:
        """Wait until the app has published a Home that passes the check."""

        def home() -> OpenView | None:
            view = self.home
            return view if view is not None and check(view) else None

        return await self.slack.until(home, timeout=timeout)

    # --- words -----------------------------------------------------------------------------

    async def say(
        self, text: str, channel: str | None = None, *, thread_ts: str | None = None
    ) -> Answer:
        """Write to the app, or into a channel; events go out as the app subscribed to them."""
        state = self.slack.state
        place = state.channels[channel or self.dm]
        if self.id not in place.members:
            raise AssertionError(f"{self.id} is not in {place.id}")
        section = {"type": "rich_text_section", "elements": rich(text)}
        block = {"type": "rich_text", "block_id": state.new_id("b"), "elements": [section]}
        message = state.put_message(
            Message(
                channel=place.id,
                ts=state.new_ts(),
                user=self.id,
                text=escaped(text),
                blocks=(block,) if text else (),
                thread_ts=thread_ts,
            )
        )
        kinds = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}
        common: JSON = {
            "user": self.id,
            "ts": message.ts,
            "client_msg_id": f"00000000-0000-4000-8000-{int(state.new_id('')):012d}",
            "text": message.text,
            "team": state.team_id,
            "blocks": list(message.blocks),
            "channel": place.id,
            "event_ts": message.ts,
        }
        if thread_ts is not None:
            common["thread_ts"] = thread_ts
        said = {"type": "message", "channel_type": kinds[place.kind]} | common
        subscription = {"public": "channels", "private": "groups"}.get(place.kind, place.kind)
        answer = await self.slack.event(said, subscription=f"message.{subscription}")
        if f"<@{state.bot_user_id}>" in text and place.kind != "im":
            answer = await self.slack.event({"type": "app_mention"} | common)
        return answer

    async def edit(self, message: Message, text: str) -> Answer:
        """Change one's own words; the app hears a `message_changed`."""
        state = self.slack.state
        before = shapes.message(state, message)
        now = state.put_message(replace(message, text=escaped(text), edited_at=state.new_ts()))
        return await self._message_event(
            "message_changed",
            now,
            {"message": shapes.message(state, now), "previous_message": before},
        )

    async def delete(self, message: Message) -> Answer:
        """Take one's own words back; the app hears a `message_deleted`."""
        state = self.slack.state
        state.put_message(replace(message, deleted=True))
        before = shapes.message(state, message)
        more = {"previous_message": before, "deleted_ts": message.ts}
        return await self._message_event("message_deleted", message, more)

    async def _message_event(self, subtype: str, message: Message, more: JSON) -> Answer:
        ts = self.slack.state.new_ts()
        event = {
            "type": "message",
            "subtype": subtype,
            "channel": message.channel,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
            "channel_type": "im",
        }
        return await self.slack.event(event | more, subscription="message.im")

    async def react(self, message: Message, reaction: str) -> Answer:
        """Add an emoji to a message."""
        state = self.slack.state
        state.put_message(replace(message, reactions=(*message.reactions, (self.id, reaction))))
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": "reaction_added", "user": self.id, "reaction": reaction, "item": item}
        more = {"item_user": message.user, "event_ts": state.new_ts()}
        return await self.slack.event(event | more)

    async def command(self, command: str, text: str = "", channel: str | None = None) -> Answer:
        """Type a slash command; its answer appears for this person only."""
        state = self.slack.state
        place = state.channels[channel or self.dm]
        url = state.new_response_url(place.id, self.id, None)
        payload: JSON = {
            "token": state.verification_token,
            "team_id": state.team_id,
            "team_domain": state.team_domain,
            "channel_id": place.id,
            "channel_name": shapes.channel_name(place),
            "user_id": self.id,
            "user_name": self.record.name,
            "command": command,
            "text": escaped(text),
            "api_app_id": state.app_id,
            "is_enterprise_install": "false",
            "response_url": self.slack.response_url(url.id),
            "trigger_id": state.new_trigger(self.id).id,
        }
        delivery = Delivery(kind=DeliveryKind.COMMAND, payload=payload)
        answer = await self.slack.deliver(delivery)
        if answer.ok and answer.body:
            self._shown(place.id, answer)
        return answer

    def _shown(self, channel: str, answer: Answer) -> None:
        """Put the words of a command's answer before the person."""
        kind = answer.headers.get("content-type", "")
        said = answer.json if kind.startswith("application/json") else {"text": answer.text}
        if not said:
            return
        try:
            check_content(self.slack.state, said, "command answer")
        except SlackError as error:
            self.slack.state.violate(f"command answer: {error.code}")
            return
        self.slack.place_answer(channel, self.id, said)
        self.slack.notify()

    # --- presses ---------------------------------------------------------------------------

    def _interaction(self, kind: str, *, view: str | None = None) -> JSON:
        state = self.slack.state
        return {
            "type": kind,
            "user": shapes.short_user(state, self.record),
            "api_app_id": state.app_id,
            "token": state.verification_token,
            "trigger_id": state.new_trigger(self.id, view).id,
            "team": shapes.team(state),
            "enterprise": None,
            "is_enterprise_install": False,
        }

    async def press(
        self,
        where: Message | OpenView,
        action: str,
        value: Any = None,  # noqa: ANN401
        *,
        filled: dict[str, Any] | None = None,
        stale: bool = False,
    ) -> Answer:
        """Press a button or choose in a menu of a message, modal or Home.

        The element is the real one that stands there now (with `stale`, the one of the given
        older version), found by action id, block id or the words on it. `filled` is what else
        the person typed into the inputs beside it.
        """
        if isinstance(where, Message):
            return await self.slack.deliver(
                self.pressed_message(where, action, value, filled=filled, stale=stale)
            )
        return await self.slack.deliver(
            self.pressed_view(where, action, value, filled=filled, stale=stale)
        )

    def pressed_message(
        self,
        where: Message,
        action: str,
        value: Any = None,  # noqa: ANN401
        *,
        filled: dict[str, Any] | None = None,
        stale: bool = False,
    ) -> Delivery:
        """Return the block_actions of a press in a message, without sending it."""
        state = self.slack.state
        message = where if stale else state.messages[where.channel][where.ts]
        if not stale and (message.deleted or message.only_for not in {None, self.id}):
            raise AssertionError("the person does not see this message")
        blocks = list(message.blocks)
        url = state.new_response_url(message.channel, self.id, message.ts)
        container: JSON = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": message.only_for is not None,
        }
        place = state.channels[message.channel]
        payload = self._interaction("block_actions") | {
            "container": container,
            "channel": {"id": place.id, "name": shapes.channel_name(place)},
            "state": {"values": state_values(blocks, typed(blocks, {}, filled or {}))},
            "response_url": self.slack.response_url(url.id),
            "actions": [self._action(blocks, action, value)],
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        if message.only_for is None:  # Slack does not repeat ephemeral messages
            payload["message"] = shapes.message(state, message)
        return Delivery(kind=DeliveryKind.INTERACTION, payload=payload)

    def pressed_view(
        self,
        where: OpenView,
        action: str,
        value: Any = None,  # noqa: ANN401
        *,
        filled: dict[str, Any] | None = None,
        stale: bool = False,
    ) -> Delivery:
        """Return the block_actions of a press in a modal or Home, without sending it."""
        state = self.slack.state
        view = where if stale else state.views[where.id]
        if not view.open or view.user != self.id:
            raise AssertionError("the person does not see this view")
        blocks = view.content["blocks"]
        inputs = typed(blocks, view.typed, filled or {})
        one = find(blocks, action)
        if one.element["type"] in CONTROLS and value is not None:
            inputs = typed(blocks, inputs, {action: value})
        if not stale:
            view = replace(view, typed=inputs)
            state.views[view.id] = view
        modal = view.id if view.kind == "modal" else None
        values = state_values(blocks, inputs)
        payload = self._interaction("block_actions", view=modal) | {
            "container": {"type": "view", "view_id": view.id},
            "view": shapes.view(state, view, values),
            "actions": [self._action(blocks, action, value)],
        }
        return Delivery(kind=DeliveryKind.INTERACTION, payload=payload)

    def _action(self, blocks: list[JSON], name: str, value: Any) -> JSON:  # noqa: ANN401
        one = find(blocks, name)
        if one.block["type"] == "input" and not one.block.get("dispatch_action"):
            raise AssertionError(f"the input {name!r} reports only when submitted")
        return {
            "type": one.element["type"],
            "action_id": one.name,
            "block_id": one.block["block_id"],
            "action_ts": self.slack.state.new_ts(),
        } | chosen(one.element, value)

    async def type_into(self, where: Message | OpenView, action: str, text: str) -> list[JSON]:
        """Type into a menu whose options the app supplies, and return what it offers."""
        state = self.slack.state
        if isinstance(where, Message):
            blocks = list(state.messages[where.channel][where.ts].blocks)
            place = state.channels[where.channel]
            held: JSON = {
                "channel": {"id": place.id, "name": shapes.channel_name(place)},
                "message": shapes.message(state, where),
                "container": {
                    "type": "message",
                    "message_ts": where.ts,
                    "channel_id": where.channel,
                    "is_ephemeral": where.only_for is not None,
                },
            }
        else:
            blocks = state.views[where.id].content["blocks"]
            view = shapes.view(state, state.views[where.id])
            held = {"view": view, "container": {"type": "view", "view_id": where.id}}
        one = find(blocks, action)
        payload = self._interaction("block_suggestion") | held
        del payload["trigger_id"]
        payload |= {"action_id": one.name, "block_id": one.block["block_id"], "value": text}
        delivery = Delivery(kind=DeliveryKind.INTERACTION, payload=payload)
        answer = await self.slack.deliver(delivery)
        return self._offered(answer) if answer.ok else []

    def _offered(self, answer: Answer) -> list[JSON]:
        """Check offered options as those of a menu; an empty list is allowed here."""
        try:
            said = answer.json
        except ValueError:
            said = None
        if not isinstance(said, dict) or not {"options", "option_groups"} & set(said):
            self.slack.state.violate("block_suggestion: options or option_groups are missing")
            return []
        options: list[JSON] = said.get("options") or said.get("option_groups") or []
        if options:
            menu = {"type": "static_select", "action_id": "a"} | said
            for fault in judge([{"type": "actions", "elements": [menu]}], "message"):
                self.slack.state.violate(f"block_suggestion: {fault}")
        return options

    async def shortcut(self, callback_id: str, message: Message | None = None) -> Answer:
        """Use a shortcut on a message, or a global one."""
        state = self.slack.state
        kind = "shortcut" if message is None else "message_action"
        payload = self._interaction(kind) | {
            "callback_id": callback_id,
            "action_ts": state.new_ts(),
        }
        if message is not None:
            place = state.channels[message.channel]
            url = state.new_response_url(message.channel, self.id, message.ts)
            payload |= {
                "channel": {"id": place.id, "name": shapes.channel_name(place)},
                "message_ts": message.ts,
                "message": shapes.message(state, message),
                "response_url": self.slack.response_url(url.id),
            }
        delivery = Delivery(kind=DeliveryKind.INTERACTION, payload=payload)
        return await self.slack.deliver(delivery)

    # --- modals ----------------------------------------------------------------------------

    def submitted(self, view: OpenView, values: dict[str, Any] | None = None) -> Delivery:
        """Return the view_submission of a filled-in modal, without sending it."""
        state = self.slack.state
        view = state.views[view.id]
        top = self.view
        if top is None or top.id != view.id:
            raise AssertionError("this view is not on top")
        blocks = view.content["blocks"]
        inputs = typed(blocks, view.typed, values or {})
        state.views[view.id] = replace(view, typed=inputs, errors={})
        filled = state_values(blocks, inputs)
        if missing := unanswered(blocks, filled):
            raise AssertionError(f"Slack's client submits nothing without: {missing}")
        payload = self._interaction("view_submission", view=view.id) | {
            "view": shapes.view(state, view, filled),
            "response_urls": self._response_urls(blocks, filled),
        }
        return Delivery(kind=DeliveryKind.INTERACTION, payload=payload)

    def _response_urls(self, blocks: list[JSON], filled: JSON) -> list[JSON]:
        made = []
        for one in elements(blocks):
            if one.element.get("response_url_enabled"):
                control = CONTROLS[one.element["type"]]
                channel = filled[one.block["block_id"]][one.name][control.chosen]
                url = self.slack.state.new_response_url(channel, self.id, None)
                made.append(
                    {
                        "block_id": one.block["block_id"],
                        "action_id": one.name,
                        "channel_id": channel,
                        "response_url": self.slack.response_url(url.id),
                    }
                )
        return made

    async def submit(self, view: OpenView, values: dict[str, Any] | None = None) -> Answer:
        """Fill in a modal and submit it; then do with it what the answer says.

        Keys of `values` are block ids, action ids or labels. A plain 200 closes the view.
        """
        delivery = self.submitted(view, values)
        answer = await self.slack.deliver(delivery)
        if answer.ok:
            self._apply(self.slack.state.views[view.id], answer)
            self.slack.notify()
        return answer

    def _apply(self, view: OpenView, answer: Answer) -> None:
        state = self.slack.state
        if not answer.body.strip():
            state.close_view(view)
            return
        try:
            said = answer.json
        except ValueError:
            state.violate("view_submission: the answer is neither empty nor JSON")
            return
        action = said.get("response_action") if isinstance(said, dict) else None
        if said == {}:
            state.close_view(view)
        elif action not in _ACTIONS:
            state.violate(f"view_submission: unknown response_action {action!r}")
        elif action == "errors":
            self._errors(view, said.get("errors"))
        elif action == "clear":
            state.close_all(self.id)
        else:
            self._other_view(view, action, said.get("view"))

    def _errors(self, view: OpenView, errors: object) -> None:
        inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
        fine = isinstance(errors, dict) and bool(errors) and set(errors) <= inputs
        if not fine or not isinstance(errors, dict) or not all(errors.values()):
            self.slack.state.violate(f"view_submission: errors must name inputs: {errors!r}")
            return
        self.slack.state.views[view.id] = replace(view, errors=dict(errors))

    def _other_view(self, view: OpenView, action: str, content: Any) -> None:  # noqa: ANN401
        state = self.slack.state
        try:
            check_view(state, content, "modal", f"view_submission {action}")
            if action == "push":
                state.stack_view(self.id, content, on=view.id)
            else:
                state.replace_view(view, content)
        except SlackError as error:
            state.violate(f"view_submission {action}: {error.code}")

    async def close(self, view: OpenView) -> Answer | None:
        """Close a modal; the app hears of it only when it asked to."""
        view = self.slack.state.views[view.id]
        self.slack.state.close_view(view)
        if not view.content.get("notify_on_close"):
            return None
        shown = shapes.view(self.slack.state, view)
        payload = self._interaction("view_closed") | {"view": shown, "is_cleared": False}
        del payload["trigger_id"]
        delivery = Delivery(kind=DeliveryKind.INTERACTION, payload=payload)
        return await self.slack.deliver(delivery)

    # --- places ----------------------------------------------------------------------------

    async def open_home(self, tab: str = "home") -> Answer:
        """Open the app's Home (or, with tab "messages", its direct message)."""
        state = self.slack.state
        event: JSON = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": self.dm,
            "tab": tab,
            "event_ts": state.new_ts(),
        }
        if self.home is not None and tab == "home":
            event["view"] = shapes.view(state, self.home)
        return await self.slack.event(event)

    async def join(self, channel: str) -> Answer:
        """Join a channel."""
        return await self._move(channel, "member_joined_channel", joins=True)

    async def leave(self, channel: str) -> Answer:
        """Leave a channel."""
        return await self._move(channel, "member_left_channel", joins=False)

    async def _move(self, channel: str, kind: str, *, joins: bool) -> Answer:
        state = self.slack.state
        place = state.channels[channel]
        members = place.members | {self.id} if joins else place.members - {self.id}
        state.channels[channel] = replace(place, members=members)
        event = {
            "type": kind,
            "user": self.id,
            "channel": channel,
            "channel_type": "C" if place.kind == "public" else "G",
            "team": state.team_id,
            "event_ts": state.new_ts(),
        }
        return await self.slack.event(event)
