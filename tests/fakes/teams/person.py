"""A person at Teams: writes, presses the real card, fills dialogs, installs and leaves."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from tests.fakes.teams.answers import Dialog, Pressed, opened, pressed
from tests.fakes.teams.cards import ClientRefusedError, actions, find_action, gather
from tests.fakes.teams.delivery import Delivery
from tests.fakes.teams.state import JSON, Account, Conversation, Message, Team

if TYPE_CHECKING:
    from tests.fakes.teams import FakeTeams

NOTHING: Final[Mapping[str, object]] = {}


@dataclass(frozen=True, slots=True)
class Person:
    """Acts for one account; each act is one activity, or two for an installation."""

    teams: "FakeTeams"
    account: Account

    @property
    def id(self) -> str:
        """Return the id by which this bot addresses the person."""
        return self.account.id

    @property
    def aad_id(self) -> str:
        """Return the directory's id of the person."""
        return self.account.aad_id

    @property
    def tenant(self) -> str:
        """Return the person's tenant."""
        return self.account.tenant

    @property
    def chat(self) -> Conversation:
        """Return the personal chat with the bot."""
        return self.teams.state.personal(self.account)[0]

    @property
    def inbox(self) -> list[Message]:
        """Return the bot's messages in the personal chat, oldest first."""
        return self.chat.posts

    async def receives(self, seconds: float = 5.0) -> Message:
        """Wait for the bot's next message in the personal chat."""
        return await self.teams.next_post(self.chat, seconds)

    def sees(self, message: Message) -> JSON:
        """Return the card of a message as this person sees it."""
        card = message.views.get(self.account.id) or message.card
        if card is None or message.deleted:
            raise ClientRefusedError(f"message {message.id} shows no card: {message.body}")
        return card

    def buttons(self, message: Message) -> list[str]:
        """List the titles of the buttons that this person sees."""
        return [str(action.get("title")) for action in actions(self.sees(message))]

    def reload(self) -> None:
        """Start the client anew: cards replaced for this person fall back to the shared one."""
        for message in self.teams.state.everything():
            message.views.pop(self.account.id, None)

    # --- words ----------------------------------------------------------------------------------

    async def say(self, text: str, **more: object) -> Delivery:
        """Write to the bot in the personal chat."""
        return await self._write(self.chat, None, {"text": text, "textFormat": "plain", **more})

    async def mention(
        self, text: str, place: Conversation, thread: Message | None = None
    ) -> Delivery:
        """Write to the bot in a group chat or channel, where it hears only mentions."""
        name = self.teams.connector.bot_name
        tag = f"<at>{name}</at>"
        bot = {"id": self.teams.bot_id, "name": name}
        html = f'<div><div><span itemtype="http://schema.skype.com/Mention">{name}</span> {text}'
        fields: JSON = {
            "text": f"{tag} {text}",
            "textFormat": "plain",
            "entities": [{"type": "mention", "mentioned": bot, "text": tag}],
            "attachments": [{"contentType": "text/html", "content": f"{html}</div></div>"}],
        }
        return await self._write(place, thread.thread if thread else None, fields)

    async def _write(self, place: Conversation, thread: str | None, fields: JSON) -> Delivery:
        made = self.teams.state.add(place, fields, author=self.account, thread=thread)
        activity = self.activity("message", place, {**fields, "id": made.id}, thread=made.thread)
        activity["entities"] = [*fields.get("entities", ()), self._client()]
        return await self.teams.deliver(activity)

    async def react(self, message: Message, reaction: str = "like") -> Delivery:
        """Put a reaction under a message."""
        fields = {"reactionsAdded": [{"type": reaction}], "replyToId": message.id}
        place, thread = message.conversation, message.thread
        return await self.teams.deliver(
            self.activity("messageReaction", place, fields, thread=thread)
        )

    # --- cards ----------------------------------------------------------------------------------

    async def press(
        self, message: Message, verb_or_title: str, inputs: Mapping[str, object] = NOTHING
    ) -> Pressed:
        """Press an Action.Execute on the card as seen; its answer replaces it for this person."""
        seen = self.sees(message)
        action = find_action(seen, verb_or_title)
        if action["type"] != "Action.Execute":
            raise ClientRefusedError(f"{verb_or_title!r} is {action['type']}, not Action.Execute")
        sent: JSON = {k: action[k] for k in ("type", "id", "title", "verb") if k in action}
        sent["data"] = gather(seen, action, inputs)
        value = {"action": sent, "trigger": "manual"}
        delivery = await self.teams.deliver(self.press_activity(message, value))
        result = pressed(delivery)
        if result.card is not None:
            message.views[self.account.id] = result.card
        return result

    def press_activity(self, message: Message, value: JSON) -> JSON:
        """Build an `adaptiveCard/action` invoke under a message, with any value."""
        return self._invoke("adaptiveCard/action", value, message)

    async def submit_fallback(
        self, message: Message, verb_or_title: str, inputs: Mapping[str, object] = NOTHING
    ) -> Delivery:
        """Press the same button in an old client, which sends a message with a value."""
        seen = self.sees(message)
        action = find_action(seen, verb_or_title)
        old = action if action["type"] == "Action.Submit" else action.get("fallback") or {}
        if old.get("type") != "Action.Submit":
            raise ClientRefusedError(f"{verb_or_title!r} has no fallback for old clients")
        fields = {"value": gather(seen, old, inputs), "replyToId": message.id}
        place, thread = message.conversation, message.thread
        return await self.teams.deliver(self.activity("message", place, fields, thread=thread))

    # --- dialogs --------------------------------------------------------------------------------

    async def fetch_dialog(
        self,
        opener: Message | Mapping[str, object],
        verb_or_title: str = "",
        inputs: Mapping[str, object] = NOTHING,
    ) -> Dialog:
        """Open a dialog through a button of a message, or with any data."""
        if not isinstance(opener, Message):
            return await self._task("task/fetch", dict(opener), None)
        seen = self.sees(opener)
        action = find_action(seen, verb_or_title)
        data = gather(seen, action, inputs)
        if (data.get("msteams") or {}).get("type") != "task/fetch":
            raise ClientRefusedError(f"{verb_or_title!r} does not open a dialog")
        return await self._task("task/fetch", data, opener)

    async def submit_dialog(
        self, dialog: Dialog, values: Mapping[str, object] = NOTHING, button: str = ""
    ) -> Dialog:
        """Fill a dialog and send it with its button; name the button if there are several."""
        if dialog.card is None:
            raise ClientRefusedError("the dialog shows no card")
        offered = [a for a in actions(dialog.card) if a["type"] == "Action.Submit"]
        if not button and len(offered) != 1:
            raise ClientRefusedError(f"the dialog has {len(offered)} buttons; say which")
        action = find_action(dialog.card, button) if button else offered[0]
        data = gather(dialog.card, action, values)
        base = dialog.delivery.activity.get("replyToId")
        return await self._task("task/submit", data, self.teams.message(base) if base else None)

    async def _task(self, name: str, data: JSON, under: Message | None) -> Dialog:
        value = {"data": data, "context": {"theme": "default"}}
        delivery = await self.teams.deliver(self._invoke(name, value, under))
        return opened(delivery)

    def _invoke(self, name: str, value: JSON, under: Message | None) -> JSON:
        place = under.conversation if under else self.chat
        fields: JSON = {"name": name, "value": value, "id": f"f:{uuid4()}"}
        if under is not None:
            fields["replyToId"] = under.id
        return self.activity("invoke", place, fields, thread=under.thread if under else None)

    # --- coming and going -----------------------------------------------------------------------

    async def install(self, place: Team | Conversation | None = None) -> list[Delivery]:
        """Install the app for oneself, a team or a group chat: two events at the same time."""
        return await self._installation(place, "add", "membersAdded", installed=True)

    async def uninstall(self, place: Team | Conversation | None = None) -> list[Delivery]:
        """Remove the app from oneself, a team or a group chat: two events at the same time."""
        return await self._installation(place, "remove", "membersRemoved", installed=False)

    async def _installation(
        self, place: Team | Conversation | None, action: str, members: str, *, installed: bool
    ) -> list[Delivery]:
        chat = self.chat if place is None else place.general if isinstance(place, Team) else place
        (self.account if place is None else place).installed = installed
        update = self.activity("installationUpdate", chat, {"action": action})
        bot = [{"id": self.teams.bot_id, "name": self.teams.connector.bot_name}]
        change = self.activity("conversationUpdate", chat, {members: bot})
        if chat.team is not None:
            event = "teamMemberAdded" if installed else "teamMemberRemoved"
            change["channelData"]["eventType"] = event
        deliver = self.teams.deliver
        return list(await asyncio.gather(deliver(update), deliver(change)))

    # --- raw ------------------------------------------------------------------------------------

    def activity(
        self,
        kind: str,
        place: Conversation,
        fields: Mapping[str, object] = NOTHING,
        *,
        thread: str | None = None,
    ) -> JSON:
        """Build an activity in the shape in which Teams sends it."""
        account, now = self.account, self.teams.clock.moment(self.account.timezone)
        activity: JSON = {
            "type": kind,
            "id": f"f:{uuid4()}",
            "timestamp": now.utc,
            "localTimestamp": now.local,
            "localTimezone": account.timezone,
            "channelId": "msteams",
            "serviceUrl": self.teams.service_url,
            "from": {"id": account.id, "name": account.name, "aadObjectId": account.aad_id},
            "conversation": place.as_wire(thread),
            "recipient": {"id": self.teams.bot_id, "name": self.teams.connector.bot_name},
            "entities": [self._client()],
            "channelData": place.as_channel_data(),
            "locale": account.locale,
        }
        return {**activity, **fields}

    def _client(self) -> JSON:
        locale, zone = self.account.locale, self.account.timezone
        return {
            "type": "clientInfo",
            "locale": locale,
            "country": locale[-2:],
            "platform": "Web",
            "timezone": zone,
        }
