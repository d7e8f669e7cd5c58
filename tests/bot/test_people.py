"""Meeting, learning, merging, welcoming and leaving."""

from dataclasses import replace

import pytest

from bot.actions import Action
from bot.heard import AccountId, ChannelId, Left, MessageRef, Profile, Reacted
from bot.people import handlers, rules
from bot.people.model import Person, PersonId, Role
from bot.ports import UnitOfWork
from tests.bot.talk import CIO, Someone, Talk


def person_of(talk: Talk, someone: Someone) -> Person:
    """Return the person behind an account."""
    with talk.store.units() as uow:
        found = uow.people.by_account(someone.account)
    assert found is not None
    return found


def leaves(someone: Someone, *, gone: bool = False, place: str = "") -> None:
    """Remove the bot, or close the account."""
    base = someone.base("", place)
    base["profile"] = Profile(gone=gone)
    someone.talk.hear(Left(**base))  # type: ignore[arg-type]


def test_a_person_is_known_by_what_her_platform_says() -> None:
    """Name, department, zone and language come with the event or are looked up."""
    talk = Talk()
    ada = talk.person("ada", department="Finance", zone="Europe/Madrid", locale="de")
    ada.says("hallo")
    known = person_of(talk, ada)
    assert (known.name, known.department, known.zone, known.locale) == (
        "Ada",
        "Finance",
        "Europe/Madrid",
        "de",
    )
    assert known.preferred == ada.account


def test_accounts_with_one_verified_address_are_one_person() -> None:
    """Needs of both accounts are found from either."""
    talk = Talk()
    slack = talk.person("ada-slack", email="Ada@Example.com")
    teams = talk.person("ada-teams", email="ada@example.com")
    slack.says("The printer is broken")
    slack.says("send")
    teams.says("The scanner is broken")
    teams.says("send")
    assert person_of(talk, slack).id == person_of(talk, teams).id
    ada = person_of(talk, teams)
    with talk.store.units() as uow:
        found = [need.words for need in uow.needs.of(ada.id)]
    assert found == ["The scanner is broken", "The printer is broken"]


def test_an_unverified_address_joins_nobody() -> None:
    """Without the platform's word two accounts stay two persons."""
    talk = Talk()
    one, two = talk.person("one"), talk.person("two")
    one.says("hi")
    two.says("hi")
    assert person_of(talk, one).id != person_of(talk, two).id


def test_the_settings_name_the_first_cio_by_account_or_address() -> None:
    """Nobody else has rights, and rights survive a merge."""
    talk = Talk()
    talk.tools = replace(talk.tools, cio=frozenset({"ines@example.com"}))
    ines = talk.person("ines", email="ines@example.com")
    ines.says("hi")
    ines.says("hi")
    assert person_of(talk, ines).roles == {Role.CIO}
    other = talk.person("other")
    other.says("hi")
    assert person_of(talk, other).roles == frozenset()
    by_account = Talk()
    cio = by_account.person("cio")
    cio.says("hi")
    assert person_of(by_account, cio).roles == {Role.CIO}
    assert cio.account == CIO


@pytest.mark.parametrize("right", list(rules.Right))
@pytest.mark.parametrize("role", [None, *Role])
def test_rights_are_denied_by_default(right: rules.Right, role: Role | None) -> None:
    """The matrix of role and right: only the CIO holds any here."""
    roles = frozenset({role}) if role else frozenset()
    person = Person(id=PersonId("p"), roles=roles)
    assert rules.may(person, right) is (role is Role.CIO)
    assert not rules.may(replace(person, active=False), right)


def test_the_welcome_comes_exactly_once() -> None:
    """However often a platform reports one installation."""
    talk = Talk()
    ada = talk.person("ada")
    for _ in range(3):
        ada.joins()
    assert ada.names() == ["people.welcome"]
    for _ in range(2):
        ada.joins(place="web:demo:general")
    there = [s.card.name for s in talk.messages.values() if s.to == "web:demo:general"]
    assert there == ["people.introduction"]


def test_who_left_is_not_written_to_until_she_is_back() -> None:
    """Removing the bot ends bot-started messages; writing to it begins them again."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says("hi")
    leaves(ada)
    with talk.store.units() as uow:
        assert uow.people.reachable() == ()
        assert uow.people.count() == 1
    ada.says("hi")
    with talk.store.units() as uow:
        assert [reach.account for reach in uow.people.reachable()] == [ada.account]


def test_a_closed_account_ends_the_person_unless_another_is_open() -> None:
    """Leavers hold no rights and are not counted."""
    talk = Talk()
    one = talk.person("one", email="a@example.com")
    two = talk.person("two", email="a@example.com")
    one.says("hi")
    two.says("hi")
    leaves(one, gone=True)
    assert person_of(talk, two).active
    leaves(two, gone=True)
    assert not person_of(talk, two).active
    leaves(talk.person("nobody"), gone=True)


def test_a_channel_is_known_by_name_and_forgotten_when_the_bot_is_removed() -> None:
    """Its name is looked up once; removal takes it out of the choices."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says("help", place="web:demo:c1")
    with talk.store.units() as uow:
        assert [channel.name for channel in uow.people.channels()] == ["general"]
    leaves(ada, place="web:demo:c1")
    leaves(ada, place="web:demo:unknown")
    with talk.store.units() as uow:
        assert uow.people.channels() == ()


def test_a_reaction_is_heard_and_changes_nothing() -> None:
    """An emoji is no answer."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says("hi")
    event = Reacted(**ada.base(), name="thumbsup", message=MessageRef("web:demo:m1"))  # type: ignore[arg-type]
    assert talk.hear(event).card is None
    assert ada.names() == ["people.menu"]


def test_learning_about_an_unknown_account_or_channel_does_nothing() -> None:
    """A lookup may come back after a merge or a purge."""
    talk = Talk()

    def learn(uow: UnitOfWork) -> None:
        profile = Profile(name="X")
        assert handlers.learn(uow, AccountId("web:demo:x"), profile, talk.tools) is None
        handlers.learn_channel(uow, ChannelId("web:demo:x"), "x")

    talk.work(learn)


def test_home_as_words_shows_the_home_as_a_message() -> None:
    """Platforms without a home surface show it in the conversation."""
    talk = Talk()
    ada = talk.person("ada")
    ada.says("home")
    assert ada.last.name == "people.home"
    for action in (Action.MENU, Action.HELP, Action.HOME, Action.NEED_FROM_MESSAGE):
        ada.presses(action, "")
    assert ada.names()[1:] == ["people.menu", "people.help", "people.home"]
