"""Who may do what, and how knowledge of a person grows. Pure."""

from dataclasses import replace
from enum import StrEnum

from bot.heard import AccountId, Profile
from bot.people.model import Person, Role


class Right(StrEnum):
    """What needs a role; everything else every employee may do."""

    LAUNCH_PULSE = "launch_pulse"
    CLOSE_PULSE = "close_pulse"
    ANNOUNCE = "announce"


GRANTS: dict[Right, frozenset[Role]] = {
    Right.LAUNCH_PULSE: frozenset({Role.CIO}),
    Right.CLOSE_PULSE: frozenset({Role.CIO}),
    Right.ANNOUNCE: frozenset({Role.CIO}),
}


def may(person: Person, right: Right) -> bool:
    """Tell whether a person holds a right; without a matching role the answer is no."""
    return person.active and bool(person.roles & GRANTS.get(right, frozenset()))


def informed(person: Person, profile: Profile) -> Person:
    """Return the person with what a platform says of her; what it does not say is kept."""
    return replace(
        person,
        name=profile.name or person.name,
        email=profile.email.lower() or person.email,
        department=profile.department or person.department,
        zone=profile.zone or person.zone,
        locale=profile.locale or person.locale,
    )


def holds_first_rights(person: Person, account: AccountId, cio: frozenset[str]) -> bool:
    """Tell whether the settings name this person as CIO, by account or by verified address."""
    return account in cio or (bool(person.email) and person.email.lower() in cio)
