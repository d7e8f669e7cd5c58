"""What Teams accepts from a bot: the strict reading of outbound activities."""

import json
from collections.abc import Iterator
from typing import Any, Final

from tests.fakes.adaptivecards import judge
from tests.fakes.teams.state import CARD, JSON, Account, Conversation

# About 100 KB of UTF-16 for the whole message (Microsoft Learn, "Format your bot messages").
MESSAGE_LIMIT: Final = 102_400

_ACTIVITY_KEYS: Final = frozenset(
    {
        *("type", "id", "from", "recipient", "conversation", "text", "textFormat", "summary"),
        *("attachments", "attachmentLayout", "entities", "channelData", "replyToId"),
        *("serviceUrl", "channelId", "locale", "inputHint", "importance", "timestamp"),
    }
)
_KEYS: Final[dict[str, frozenset[str]]] = {
    "from": frozenset({"id", "name", "aadObjectId", "role"}),
    "recipient": frozenset({"id", "name", "aadObjectId", "role"}),
    "conversation": frozenset({"id", "name", "conversationType", "tenantId", "isGroup"}),
}
_ATTACHMENT_KEYS: Final = frozenset({"contentType", "content", "name"})
_CREATE_KEYS: Final = frozenset(
    {"bot", "isGroup", "members", "tenantId", "channelData", "activity", "topicName"}
)


def size(body: object) -> int:
    """Measure a message as Teams does."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-16-le", "surrogatepass"))


def activity_faults(
    body: object, *, conversation: Conversation, path_id: str, bot_id: str, judged: bool
) -> Iterator[str]:
    """Say what is wrong with an activity that the bot sends into a conversation."""
    if not isinstance(body, dict):
        yield "the activity is not a JSON object"
        return
    yield from _key_faults(body)
    if (sender := _id(body, "from")) not in {None, bot_id}:
        yield f"from.id {sender!r} is not the bot"
    if (said := _id(body, "conversation")) not in {None, path_id}:
        yield f"conversation.id {said!r} is not the conversation of the path"
    if body.get("channelId") not in {None, "msteams"}:
        yield f"channelId is {body['channelId']!r}"
    match body.get("type"):
        case "message":
            yield from _message_faults(body, conversation, bot_id, judged=judged)
        case "typing":
            pass
        case other:
            yield f"type {other!r} is not sent by bots"


def _id(body: JSON, key: str) -> object:
    part = body.get(key)
    return part.get("id") if isinstance(part, dict) else None


def _key_faults(body: JSON) -> Iterator[str]:
    if unknown := body.keys() - _ACTIVITY_KEYS:
        yield f"unknown keys {sorted(unknown)}"
    for key, known in _KEYS.items():
        part = body.get(key, {})
        if not isinstance(part, dict):
            yield f"{key} is not an object"
        elif unknown := part.keys() - known:
            yield f"unknown keys {sorted(unknown)} in {key}"


def _message_faults(
    body: JSON, conversation: Conversation, bot_id: str, *, judged: bool
) -> Iterator[str]:
    text, attachments = body.get("text", ""), body.get("attachments", [])
    if not isinstance(text, str) or not isinstance(body.get("summary", ""), str):
        yield "text and summary must be strings"
    if not isinstance(attachments, list):
        yield "attachments is not a list"
        return
    if not text and not attachments:
        yield "a message needs text or a card"
    if body.get("textFormat", "markdown") not in {"plain", "markdown", "xml"}:
        yield f"textFormat {body['textFormat']!r} is unknown"
    for attachment in attachments:
        yield from attachment_faults(attachment, judged=judged)
    for entity in body.get("entities") or ():
        yield from _mention_faults(entity, str(text), conversation.members, bot_id)


def attachment_faults(
    attachment: object, *, judged: bool = True, dialog: bool = False
) -> Iterator[str]:
    """Say what is wrong with an attachment; only Adaptive Cards are sent."""
    if not isinstance(attachment, dict) or attachment.get("contentType") != CARD:
        yield f"an attachment is not an Adaptive Card: {str(attachment)[:80]}"
        return
    if unknown := attachment.keys() - _ATTACHMENT_KEYS:
        yield f"unknown keys {sorted(unknown)} in an attachment"
    content = attachment.get("content")
    if not isinstance(content, dict):
        yield "a card's content is not an object"
    elif judged:
        yield from judge(content, dialog=dialog)


def _mention_faults(
    entity: object, text: str, members: list[Account], bot_id: str
) -> Iterator[str]:
    if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
        yield "an entity has no type"
    elif entity["type"] == "mention":
        mentioned: Any = entity.get("mentioned") or {}
        if str(entity.get("text")) not in text or not entity.get("text"):
            yield "a mention's text is not in the message"
        if mentioned.get("id") not in {bot_id, *(m.id for m in members), *_by_directory(members)}:
            yield "somebody is mentioned who is not in the conversation"


def _by_directory(members: list[Account]) -> Iterator[str]:
    yield from (member.aad_id for member in members)


def create_faults(body: object, bot_id: str) -> Iterator[str]:
    """Say what is wrong with a request for a new conversation."""
    if not isinstance(body, dict):
        yield "the request is not a JSON object"
        return
    if unknown := body.keys() - _CREATE_KEYS:
        yield f"unknown keys {sorted(unknown)}"
    if _id(body, "bot") not in {None, bot_id}:
        yield "bot.id is not the bot"
    data: Any = body.get("channelData")
    if not isinstance(data, dict):
        yield "channelData is missing"
    elif "channel" in data:
        if not body.get("isGroup") or not body.get("activity"):
            yield "a new thread needs isGroup and its first activity"
    else:
        yield from _personal_faults(body, data)


def _personal_faults(body: JSON, data: JSON) -> Iterator[str]:
    members = body.get("members")
    if body.get("isGroup") or not isinstance(members, list) or len(members) != 1:
        yield "a bot opens chats with exactly one person"
    elif not isinstance(members[0], dict) or not isinstance(members[0].get("id"), str):
        yield "members[0].id is missing"
    if not body.get("tenantId") or _id(data, "tenant") != body.get("tenantId"):
        yield "tenantId and channelData.tenant.id must both name the person's tenant"
