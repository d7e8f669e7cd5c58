"""A person and the accounts that lead to her."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from bot.heard import AccountId, ChannelId

PersonId = NewType("PersonId", str)


class Role(StrEnum):
    """Rights are granted by role; without one a person is an employee and nothing more."""

    CIO = "cio"
    DEPARTMENT_HEAD = "department_head"
    CHAMPION = "champion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One human, however many accounts lead to her.

    ``id`` is 128 random bits in hex. ``email`` is set only when a platform vouched for it.
    ``zone`` is an IANA name and ``locale`` a BCP 47 tag, empty where unknown. ``preferred`` is
    the account last heard from: bot-started messages go there. ``active`` is false for leavers.
    """

    id: PersonId
    name: str = ""
    email: str = ""
    department: str = ""
    zone: str = ""
    locale: str = ""
    roles: frozenset[Role] = frozenset()
    preferred: AccountId = AccountId("")
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account on one platform.

    ``route`` is the platform's way back to the direct conversation, opaque to the core, empty
    where none is known. ``reachable`` is false once the platform said so; ``reason`` says why.
    ``known`` is true once the platform's own profile of it was read.
    """

    id: AccountId
    person: PersonId
    route: str = ""
    reachable: bool = True
    reason: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel or group chat that the bot was added to."""

    id: ChannelId
    name: str = ""
    route: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The way to one person now: the account to use and the language to use there."""

    person: PersonId
    account: AccountId
    locale: str
    zone: str
