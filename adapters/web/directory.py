"""The organisation as the page shows it: who can be chosen, and what they can see.

Read once and kept: names and roles change only with a reset, which reads again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapters.web import parse
from bot.heard import Profile
from bot.people.model import Person, Role
from bot.ports import UnitOfWork

_COLOURS = 8
_EVERYONE = frozenset({"general", "it-help"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A person of the organisation; ``name`` stands in addresses, ``full_name`` on the page."""

    name: str
    full_name: str
    department: str
    role: str
    zone: str
    locale: str
    sees_all: bool = False

    @property
    def initials(self) -> str:
        """Return the letters of the picture."""
        words = self.full_name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words))

    @property
    def colour(self) -> int:
        """Return the picture's colour, the same for a person everywhere."""
        return sum(self.name.encode()) % _COLOURS

    @property
    def profile(self) -> Profile:
        """Return what the platform says of this account."""
        return Profile(
            name=self.full_name,
            zone=self.zone,
            locale=self.locale,
            department=self.department,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A channel."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody and every channel."""

    people: Mapping[str, Colleague]
    rooms: Mapping[str, Room]

    def departments(self) -> list[tuple[str, list[Colleague]]]:
        """Return everybody by department, those with a role first."""
        groups: dict[str, list[Colleague]] = {}
        for one in sorted(self.people.values(), key=_by_rank):
            groups.setdefault(one.department, []).append(one)
        return sorted(groups.items())

    def rooms_of(self, colleague: Colleague) -> list[Room]:
        """Return the channels that a person is in: the common ones and the department's."""
        return [room for room in self.rooms.values() if self._is_in(colleague, room)]

    def sees(self, colleague: Colleague, conversation: str) -> bool:
        """Tell whether a person may open a conversation."""
        if parse.is_direct(conversation):
            return conversation == parse.direct(colleague.name)
        room = self.rooms.get(conversation)
        return room is not None and self._is_in(colleague, room)

    @staticmethod
    def _is_in(colleague: Colleague, room: Room) -> bool:
        common = room.name in _EVERYONE
        return common or colleague.sees_all or room.name == _slug(colleague.department)


def read(uow: UnitOfWork) -> Directory:
    """Read the organisation from storage."""
    people = {}
    for reach in uow.people.reachable():
        name, person = parse.person_of(reach.account), uow.people.get(reach.person)
        if name and person is not None:
            people[name] = _colleague(name, person)
    rooms = {}
    for channel in uow.people.channels():
        name = parse.conversation_of(channel.id)
        if name and not parse.is_direct(name):
            rooms[name] = Room(name=name, title=channel.name or name)
    return Directory(people, dict(sorted(rooms.items(), key=lambda item: _common_first(item[0]))))


def _colleague(name: str, person: Person) -> Colleague:
    return Colleague(
        name=name,
        full_name=person.name or name,
        department=person.department,
        role=_role(person.roles),
        zone=person.zone or "UTC",
        locale=person.locale or "en",
        sees_all=Role.CIO in person.roles,
    )


_ROLES = {
    Role.CIO: "CIO",
    Role.DEPARTMENT_HEAD: "Department head",
    Role.CHAMPION: "Champion",
}


def _role(roles: Iterable[Role]) -> str:
    held = set(roles)
    return next((name for role, name in _ROLES.items() if role in held), "Employee")


def _by_rank(one: Colleague) -> tuple[int, str]:
    return [*_ROLES.values(), "Employee"].index(one.role), one.full_name


def _common_first(name: str) -> tuple[bool, str]:
    return name not in _EVERYONE, name


def _slug(department: str) -> str:
    return department.lower().replace(" ", "-")
