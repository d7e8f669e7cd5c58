"""Persons, accounts and channels."""

from dataclasses import replace

import pytest

from bot.heard import AccountId, ChannelId
from bot.needs.model import NeedState
from bot.people.model import Account, Channel, Person, PersonId, Reach, Role
from bot.ports import Dialogue
from bot.pulses.model import Part, WaveId
from storage import Storage
from tests.contracts.examples import account_of, announcement, change, need, person, wave

FULL = Person(
    id=PersonId("p1"),
    name="Zoë 🌻 O'Neil",
    email="Zoe.ONeil@Example.org",
    department="R&D",
    zone="Europe/Madrid",
    locale="es",
    roles=frozenset({Role.CIO, Role.CHAMPION}),
    preferred=AccountId("slack:T1:z"),
)


def test_a_person_comes_back_as_saved(store: Storage) -> None:
    """Every field survives, a change replaces it, and an unknown person is None."""
    with store.units() as uow:
        uow.people.save(FULL)
        assert uow.people.get(FULL.id) == FULL
        changed = replace(FULL, name="Zoe", roles=frozenset(), active=False)
        uow.people.save(changed)
        assert uow.people.get(FULL.id) == changed
        assert uow.people.get(PersonId("nobody")) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("*bold* <!channel> [x](y) <b>", "*bold* <!channel> [x](y) <b>"),
        ("שלום 👩‍👩‍👧", "שלום 👩‍👩‍👧"),
        ("x" * 100_000, "x" * 100_000),
        ("%s :name ' \" \\ --", "%s :name ' \" \\ --"),
        ("no\0end", "no\N{REPLACEMENT CHARACTER}end"),
        ("half \ud83d pair", "half \N{REPLACEMENT CHARACTER} pair"),
    ],
)
def test_words_are_stored_as_given(store: Storage, given: str, kept: str) -> None:
    """Only what no database takes is replaced, visibly."""
    with store.units() as uow:
        uow.people.save(replace(FULL, name=given))
        found = uow.people.get(FULL.id)
    assert found is not None
    assert found.name == kept


def test_found_by_account_and_by_email(store: Storage) -> None:
    """Letter case of an address does not matter, and no address finds nobody."""
    with store.units() as uow:
        uow.people.save(FULL)
        uow.people.save(Person(id=PersonId("p2")))
        uow.people.save_account(Account(id=AccountId("slack:T1:z"), person=FULL.id))
        assert uow.people.by_account(AccountId("slack:T1:z")) == FULL
        assert uow.people.by_account(AccountId("slack:T1:x")) is None
        assert uow.people.by_email("zoe.oneil@EXAMPLE.ORG") == FULL
        assert uow.people.by_email("") is None
        assert uow.people.by_email("other@example.org") is None


def test_case_of_an_address_is_folded_in_every_script(store: Storage) -> None:
    """SQLite's own lower() would know ASCII alone."""
    umlaut = replace(FULL, email="MÜLLER@example.org")
    with store.units() as uow:
        uow.people.save(umlaut)
        assert uow.people.by_email("müller@example.org") == umlaut


def test_accounts_come_in_order_of_id(store: Storage) -> None:
    """Order is by code point, and a second save changes the account."""
    names = ["slack:T1:b", "slack:T1:B", "slack:T1:_", "slack:T1:ä"]
    with store.units() as uow:
        uow.people.save(FULL)
        for name in names:
            uow.people.save_account(Account(id=AccountId(name), person=FULL.id))
        known = Account(
            id=AccountId("slack:T1:b"),
            person=FULL.id,
            route="D1",
            reachable=False,
            reason="left",
            known=True,
        )
        uow.people.save_account(known)
        assert [one.id for one in uow.people.accounts(FULL.id)] == sorted(names)
        assert uow.people.account(known.id) == known
        assert uow.people.account(AccountId("slack:T1:x")) is None


def test_who_holds_a_role(store: Storage) -> None:
    """Only active persons count, in order of id."""
    with store.units() as uow:
        for name, roles, active in (
            ("c", {Role.CIO}, True),
            ("a", {Role.CHAMPION, Role.CIO}, True),
            ("b", {Role.CHAMPION}, True),
            ("d", {Role.CIO}, False),
        ):
            uow.people.save(Person(id=PersonId(name), roles=frozenset(roles), active=active))
        assert [one.id for one in uow.people.with_role(Role.CIO)] == ["a", "c"]
        assert uow.people.with_role(Role.DEPARTMENT_HEAD) == ()
        assert uow.people.count() == 3


def test_names_include_leavers(store: Storage) -> None:
    """All persons are named, so that their names can be kept out of published words."""
    with store.units() as uow:
        uow.people.save(Person(id=PersonId("a"), name="Ann"))
        uow.people.save(Person(id=PersonId("b"), name="Bob", active=False))
        assert sorted(uow.people.names()) == ["Ann", "Bob"]


def test_one_way_to_each_active_person(store: Storage) -> None:
    """The preferred account if it is reachable, else the first reachable by id."""
    cases = {
        "a": ("slack:T1:a2", {"slack:T1:a1": True, "slack:T1:a2": True}),
        "b": ("slack:T1:b2", {"slack:T1:b3": True, "slack:T1:b1": True, "slack:T1:b2": False}),
        "c": ("", {"slack:T1:c1": False}),
        "d": ("", {}),
    }
    with store.units() as uow:
        for name, (preferred, accounts) in cases.items():
            one = PersonId(name)
            uow.people.save(Person(id=one, locale="de", zone="UTC", preferred=AccountId(preferred)))
            for account, reachable in accounts.items():
                uow.people.save_account(
                    Account(id=AccountId(account), person=one, reachable=reachable)
                )
        person(uow, "gone", active=False)
        assert uow.people.reachable() == (
            Reach(person=PersonId("a"), account=AccountId("slack:T1:a2"), locale="de", zone="UTC"),
            Reach(person=PersonId("b"), account=AccountId("slack:T1:b1"), locale="de", zone="UTC"),
        )


def test_channels_come_in_order_of_name(store: Storage) -> None:
    """Inactive ones are left out of the list but can be asked for."""
    with store.units() as uow:
        for number, name, active in (
            ("3", "b", True),
            ("2", "a", True),
            ("1", "a", True),
            ("4", "0", False),
        ):
            uow.people.save_channel(
                Channel(id=ChannelId(f"slack:T1:{number}"), name=name, active=active)
            )
        found = [one.id.rpartition(":")[2] for one in uow.people.channels()]
        assert found == ["1", "2", "3"]
        hidden = uow.people.channel(ChannelId("slack:T1:4"))
        assert hidden == Channel(id=ChannelId("slack:T1:4"), name="0", active=False)
        assert uow.people.channel(ChannelId("slack:T1:9")) is None


def test_a_merge_moves_everything(store: Storage) -> None:
    """Whatever named the one names the other, and the one is gone."""
    with store.units() as uow:
        gone, kept = person(uow, "gone"), person(uow, "kept")
        asked = uow.needs.add(need(gone))
        uow.needs.save(asked, change(asked, gone, NeedState.ACKNOWLEDGED))
        told = uow.announcements.add(announcement(gone))
        launched = uow.pulses.add(wave(gone), [gone])
        uow.dialogues.save(Dialogue(person=gone, step="s", notes={"a": "b"}))
        uow.people.merge(gone, kept)
        uow.commit()
    with store.units() as uow:
        assert uow.people.get(gone) is None
        assert [one.id for one in uow.people.accounts(kept)] == [
            account_of("gone"),
            account_of("kept"),
        ]
        assert [one.id for one in uow.needs.of(kept)] == [asked.id]
        assert [one.by for one in uow.needs.history(asked.id)] == [kept]
        assert getattr(uow.announcements.get(told.id), "author", None) == kept
        assert getattr(uow.pulses.get(launched.id), "launched_by", None) == kept
        assert uow.pulses.panel(launched.id) == (kept,)
        assert uow.dialogues.get(kept) == Dialogue(person=kept, step="s", notes={"a": "b"})
        assert uow.dialogues.get(gone) is None


@pytest.mark.parametrize(
    ("hers", "kepts", "after"),
    [
        (Part.OPEN, Part.OPEN, Part.OPEN),
        (Part.ANSWERED, Part.OPEN, Part.ANSWERED),
        (Part.OPEN, Part.ANSWERED, Part.ANSWERED),
        (Part.COMMENTED, Part.ANSWERED, Part.COMMENTED),
        (Part.ANSWERED, Part.COMMENTED, Part.COMMENTED),
    ],
)
def test_a_merge_keeps_one_participation(
    store: Storage, hers: Part, kepts: Part, after: Part
) -> None:
    """Where both were asked, the further of the two states stays."""
    with store.units() as uow:
        gone, kept = person(uow, "gone"), person(uow, "kept")
        launched: WaveId = uow.pulses.add(wave(kept), [gone, kept]).id
        for one, state in ((gone, hers), (kept, kepts)):
            uow.pulses.advance(launched, one, Part.OPEN, state)
        uow.people.merge(gone, kept)
        assert uow.pulses.part(launched, kept) is after
        assert uow.pulses.asked(launched) == 1


def test_a_merge_keeps_the_open_dialogue_of_who_stays(store: Storage) -> None:
    """Two dialogues cannot both go on."""
    with store.units() as uow:
        gone, kept = person(uow, "gone"), person(uow, "kept")
        for one in (gone, kept):
            uow.dialogues.save(Dialogue(person=one, step=one))
        uow.people.merge(gone, kept)
        assert uow.dialogues.get(kept) == Dialogue(person=kept, step="kept")
