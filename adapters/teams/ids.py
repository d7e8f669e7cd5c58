"""Our opaque ids for accounts, conversations and messages: one encode and decode pair.

``teams:<tenant>:<directory id>``, ``teams:<tenant>:<conversation>`` and
``teams:<tenant>:<conversation>:<activity>``; conversation and activity ids hold colons, so they
travel as base64url. A thread is no part of an id: Teams names one message with and without it.
"""

import base64
import binascii
import re

from bot.heard import AccountId, ChannelId, MessageRef

PLATFORM = "teams"
_GUID_LIKE = re.compile(r"[0-9A-Za-z-]{1,64}")


class WrongId(ValueError):  # noqa: N818 - named as the fact it states
    """This text is no id of ours."""


def account_id(tenant: str, directory_id: str) -> AccountId:
    """Name a person's account; raise ``WrongId`` for what no directory gives out."""
    return AccountId(f"{PLATFORM}:{_plain(tenant)}:{_plain(directory_id)}")


def split_account(account: AccountId) -> tuple[str, str]:
    """Return tenant and directory id."""
    tenant, directory_id = _parts(account, 3)
    return tenant, directory_id


def channel_id(tenant: str, conversation: str) -> ChannelId:
    """Name a conversation, without the thread that may stand in its id."""
    return ChannelId(f"{PLATFORM}:{_plain(tenant)}:{_packed(without_thread(conversation))}")


def split_channel(channel: ChannelId) -> tuple[str, str]:
    """Return tenant and conversation id."""
    tenant, conversation = _parts(channel, 3)
    return tenant, _unpacked(conversation)


def message_ref(tenant: str, conversation: str, activity: str) -> MessageRef:
    """Name a message."""
    place = _packed(without_thread(conversation))
    return MessageRef(f"{PLATFORM}:{_plain(tenant)}:{place}:{_packed(activity)}")


def split_message(message: MessageRef) -> tuple[str, str, str]:
    """Return tenant, conversation id and activity id."""
    tenant, conversation, activity = _parts(message, 4)
    return tenant, _unpacked(conversation), _unpacked(activity)


def without_thread(conversation: str) -> str:
    """Return a channel's own id: ``19:…@thread.tacv2;messageid=1`` names a thread in it."""
    return conversation.partition(";messageid=")[0]


def thread_of(conversation: str) -> str:
    """Return the thread that a conversation id names, empty if it names none."""
    return conversation.partition(";messageid=")[2]


def _plain(part: str) -> str:
    if not _GUID_LIKE.fullmatch(part):
        raise WrongId("a tenant or directory id is letters, digits and dashes")
    return part.lower()


def _parts(opaque: str, count: int) -> list[str]:
    platform, *parts = opaque.split(":")
    if platform != PLATFORM or len(parts) != count - 1 or not all(parts):
        raise WrongId("not an id of this platform")
    return parts


def _packed(part: str) -> str:
    if not part:
        raise WrongId("an empty id")
    return base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode()


def _unpacked(part: str) -> str:
    padded = part + "=" * (-len(part) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise WrongId("not an id of this platform") from error
