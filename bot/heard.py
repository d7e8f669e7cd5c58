"""What adapters hand in: one frozen record per thing that a platform told us.

All ids are opaque here. Each platform's ``parse.py`` owns one encode and decode pair; the first
part, up to the colon, is the platform's word ("slack", "teams", "web") and the second the
workspace or tenant, so that ``lane_of`` can tell which limits apply.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType, TypeAlias

AccountId = NewType("AccountId", str)
ChannelId = NewType("ChannelId", str)
MessageRef = NewType("MessageRef", str)


def lane_of(opaque: str) -> str:
    """Tell platform and workspace of an id: ``slack:T1:U1`` is in lane ``slack:T1``."""
    return ":".join(opaque.split(":", 2)[:2])


def platform_of(opaque: str) -> str:
    """Tell the platform of an id, account, channel or message alike."""
    return opaque.split(":", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a platform knows of one of its accounts; empty where it does not say.

    ``email`` is set only where the platform vouches for it. ``zone`` is an IANA name, ``locale``
    a BCP 47 tag.
    """

    name: str = ""
    email: str = ""
    zone: str = ""
    locale: str = ""
    department: str = ""
    is_bot: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What every event carries.

    ``key`` is the same for each redelivery of one event and for nothing else. ``place`` is the
    conversation it happened in, ``private`` true for the direct one. ``route`` is how to reach
    that conversation again, opaque to the core.
    """

    key: str
    account: AccountId
    place: ChannelId
    private: bool
    thread: str = ""
    route: str = ""
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(_Heard):
    """Words typed to the bot: a direct message, or a mention with the bot's name taken off."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed(_Heard):
    """A button, a scale point or a choice in a card; inputs of that card in ``values``."""

    action: str
    argument: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    message: MessageRef = MessageRef("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(_Heard):
    """A dialog was sent."""

    action: str
    argument: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(_Heard):
    """The home surface came into view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded(_Heard):
    """A slash command or a shortcut on a message.

    ``command`` is a word of ``bot.actions`` (for ``/groundswell`` it is "menu"), ``words`` what
    followed it or the message it was used on, ``link`` the way back to that message.
    """

    command: str
    words: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(_Heard):
    """The bot was added: by a person for herself (``private``) or to a channel."""

    channel_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(_Heard):
    """The bot was removed from there, or the account was closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted(_Heard):
    """An emoji on one of the bot's messages; ``name`` without colons."""

    name: str
    message: MessageRef
    removed: bool = False


Heard: TypeAlias = Said | Pressed | Submitted | Opened | Commanded | Joined | Left | Reacted
