"""Announcements, dialogues, handled keys, the browser chat and installations."""

from dataclasses import replace
from datetime import timedelta

from bot.announcements.model import AnnouncementId, AnnouncementState
from bot.heard import AccountId, ChannelId
from bot.messages import NOTHING, Answer, Dialog, Field
from bot.people.model import PersonId
from bot.ports import ChatLine, Dialogue, Installation
from storage import Storage
from tests.contracts.examples import NOW, SOON, announcement, card, person

ANSWER = Answer(
    card=card("Thanks 🌻"),
    only_you=True,
    dialog=Dialog(
        name="d",
        title="T",
        summary="S",
        parts=(Field(id="f", label="L"),),
        action="a",
        submit="Send",
        cancel="Cancel",
    ),
    errors={"f": "Too long"},
)


def test_an_announcement_changes_state(store: Storage) -> None:
    """Those being delivered are listed oldest first."""
    with store.units() as uow:
        cio = person(uow, "cio")
        kept = [uow.announcements.add(announcement(cio, title)) for title in "abc"]
        assert uow.announcements.get(kept[1].id) == kept[1]
        assert uow.announcements.get(AnnouncementId(999)) is None
        assert uow.announcements.sending() == ()
        sending = [
            replace(one, state=AnnouncementState.SENDING, planned=7) for one in (kept[2], kept[0])
        ]
        for one in sending:
            uow.announcements.save(one)
        assert uow.announcements.sending() == (sending[1], sending[0])


def test_one_dialogue_per_person(store: Storage) -> None:
    """A newer one replaces it, and dropping twice is no fault."""
    with store.units() as uow:
        ann = person(uow, "ann")
        assert uow.dialogues.get(ann) is None
        for step in ("first", "second"):
            latest = Dialogue(person=ann, step=step, notes={step: "ü\n\0"})
            uow.dialogues.save(latest)
        assert uow.dialogues.get(ann) == latest
        uow.dialogues.drop(ann)
        uow.dialogues.drop(ann)
        assert uow.dialogues.get(ann) is None


def test_notes_changed_outside_change_nothing(store: Storage) -> None:
    """What was read or saved is a copy."""
    with store.units() as uow:
        notes = {"a": "b"}
        uow.dialogues.save(Dialogue(person=person(uow, "ann"), step="s", notes=notes))
        notes["a"] = "c"
        found = uow.dialogues.get(PersonId("ann"))
        assert found is not None
        found.notes["a"] = "d"
        assert getattr(uow.dialogues.get(PersonId("ann")), "notes", {}) == {"a": "b"}


def test_a_key_is_taken_once(store: Storage) -> None:
    """Who comes later gets the same answer."""
    with store.units() as uow:
        assert uow.handled.claim("k", NOW)
        assert uow.handled.answer("k") == NOTHING
        uow.handled.keep("k", ANSWER)
        uow.commit()
    with store.units() as uow:
        assert not uow.handled.claim("k", SOON)
        assert uow.handled.answer("k") == ANSWER
        assert uow.handled.answer("other") == NOTHING


def test_a_key_rolled_back_is_free(store: Storage) -> None:
    """The platform sends again what we could not store."""
    with store.units() as uow:
        assert uow.handled.claim("k", NOW)
    with store.units() as uow:
        assert uow.handled.claim("k", NOW)


def test_old_keys_are_forgotten(store: Storage) -> None:
    """Only those older than the moment given."""
    with store.units() as uow:
        for days in range(4):
            uow.handled.claim(f"k{days}", NOW + timedelta(days=days))
        assert uow.handled.purge(NOW + timedelta(days=2)) == 2
        assert uow.handled.claim("k1", NOW)
        assert not uow.handled.claim("k2", NOW)


def test_the_chat_keeps_lines(store: Storage) -> None:
    """The newest lines of one conversation, oldest first, with cards that may change."""
    room = ChannelId("web:demo:general")
    line = ChatLine(id=0, conversation=room, author="ann", words="Hi <b>", card=None, said_at=NOW)
    with store.units() as uow:
        first = uow.chat.add(line)
        uow.chat.add(replace(line, conversation=ChannelId("web:demo:other")))
        second = uow.chat.add(replace(line, author="", words="", card=card()))
        assert uow.chat.get(first.id) == first
        assert uow.chat.lines(room) == (first, second)
        assert uow.chat.lines(room, limit=1) == (second,)
        assert uow.chat.edit(second.id, card("new"))
        assert uow.chat.get(second.id) == replace(second, card=card("new"), edited=True)
        assert not uow.chat.edit(999, card())
        assert uow.chat.get(999) is None


def test_the_chat_keeps_home_surfaces(store: Storage) -> None:
    """One per account, the newest."""
    ann = AccountId("web:demo:ann")
    with store.units() as uow:
        assert uow.chat.home(ann) is None
        uow.chat.save_home(ann, card("old"))
        uow.chat.save_home(ann, card("new"))
        assert uow.chat.home(ann) == card("new")


def test_installations_per_platform(store: Storage) -> None:
    """In order of workspace, with bytes and facts as saved."""
    kept = [
        Installation(
            workspace=name,
            secrets=bytes(range(256)),
            facts={"bot": "B1"},
            expires_at=SOON if name == "slack:T1" else None,
            installed_at=NOW,
        )
        for name in ("slack:T2", "slack:T1", "teams:t1", "slacker:T1")
    ]
    with store.units() as uow:
        for one in kept:
            uow.installations.save(one)
        assert uow.installations.all("slack") == (kept[1], kept[0])
        assert uow.installations.get("slack:T1") == kept[1]
        assert uow.installations.get("slack:T9") is None
        gone = replace(kept[0], active=False, secrets=b"")
        uow.installations.save(gone)
        assert uow.installations.get("slack:T2") == gone


def test_a_state_of_installing_is_used_once(store: Storage) -> None:
    """Unknown, used and expired ones are refused."""
    with store.units() as uow:
        uow.installations.issue_state("a", SOON)
        uow.installations.issue_state("late", NOW)
        assert not uow.installations.consume_state("unknown", NOW)
        assert not uow.installations.consume_state("late", NOW)
        assert uow.installations.consume_state("a", NOW)
        assert not uow.installations.consume_state("a", NOW)
