"""What people do in Teams, from the request to the stored effect and back."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.teams import ids
from bot.needs.model import Need
from bot.people.model import Role
from bot.pulses.model import WaveState
from storage import Storage, open_storage
from tests.adapters.teams.conftest import Build, House, running
from tests.fakes.teams import FakeTeams, Fault, Message, Person


def needs_of(house: House, person: Person) -> list[Need]:
    """Return the needs stored for somebody."""
    with house.units() as uow:
        known = uow.people.by_account(ids.account_id(person.tenant, person.aad_id))
        return list(uow.needs.of(known.id)) if known else []


def shown(card: dict[str, Any] | None) -> str:
    return json.dumps(card, ensure_ascii=False)


async def with_cio(build: Build) -> tuple[House, Person]:
    """Build a house whose CIO is Cleo."""
    cleo = FakeTeams().user("cleo")
    house = await build(cio=(ids.account_id(cleo.tenant, cleo.aad_id),))
    return house, house.teams.user("cleo")


async def test_a_sentence_becomes_a_need(house: House) -> None:
    """Say it, see what was understood, send it, hold the receipt; the message itself changes."""
    ada = house.teams.user("ada")
    assert (await ada.say("My laptop is slow")).status == 202
    summary = await ada.receives()
    pressed = await ada.press(summary, "need.send")
    assert pressed.card is not None
    assert [need.words for need in needs_of(house, ada)] == ["My laptop is slow"]
    await house.teams.until(lambda: len(summary.edits) > 0)
    ada.reload()
    assert "N-1" in shown(ada.sees(summary))


async def test_a_need_is_changed_in_a_dialog(house: House) -> None:
    """The dialog opens with the words, refuses none with what was typed, and takes new ones."""
    ada = house.teams.user("ada")
    await ada.say("My laptop is slow")
    summary = await ada.receives()
    dialog = await ada.fetch_dialog(summary, "Change")
    assert dialog.card is not None
    assert "My laptop is slow" in shown(dialog.card)
    again = await ada.submit_dialog(dialog, {"words": "   "})
    assert again.card is not None
    assert "⚠" in shown(again.card)
    done = await ada.submit_dialog(again, {"words": "My laptop is *very* slow"})
    assert done.message
    await house.teams.until(lambda: "very" in shown(ada.sees(summary)) or len(ada.inbox) > 1)
    newest = ada.inbox[-1]
    await ada.press(newest, "need.send")
    assert [need.words for need in needs_of(house, ada)] == ["My laptop is *very* slow"]


async def test_a_mention_in_a_channel_stays_in_its_thread(house: House) -> None:
    """The bot's name is not part of what was said, and the answer stays below the question."""
    ada = house.teams.user("ada")
    team = house.teams.team("Sales", ada)
    channel = house.teams.channel(team, "Deals")
    assert (await ada.mention("The CRM is slow", channel)).status == 202
    answer = await house.teams.next_post(channel)
    assert answer.thread is not None
    assert answer.thread != answer.id
    summary = await ada.receives()
    assert "The CRM is slow" in shown(ada.sees(summary))
    assert "Groundswell" not in shown(ada.sees(summary))


async def test_a_mention_in_a_group_chat_is_heard(house: House) -> None:
    """Group chats have no threads; the summary goes to the person alone."""
    ada, ben = house.teams.user("ada"), house.teams.user("ben")
    group = house.teams.group("Lunch", ada, ben)
    assert (await ada.mention("help", group)).status == 202
    answer = await house.teams.next_post(group)
    assert answer.thread is None


async def test_a_pulse_is_launched_answered_and_commented(build: Build) -> None:
    """One tap in the message; the thanks are for the one who tapped; the comment in a dialog."""
    house, cleo = await with_cio(build)
    ada = house.teams.user("ada")
    for name in ("ada", "ben", "cem", "dua", "eli"):
        await house.teams.user(name).install()
    await ada.receives()
    await launch(cleo)
    invitation = await ada.receives()
    card = ada.sees(invitation)
    assert "4 of 10" in shown(card)
    thanks = await ada.press(invitation, "4 of 10")
    assert thanks.card is not None
    with house.units() as uow:
        wave = uow.pulses.waves(WaveState.OPEN)[0]
        assert uow.pulses.answered(wave.id) == 1
    dialog = await ada.fetch_dialog(invitation, "Add a comment")
    assert dialog.card is not None
    assert (await ada.submit_dialog(dialog, {"comment": "More RAM"})).message


async def launch(cleo: Person) -> None:
    await cleo.say("help")
    menu = await cleo.receives()
    dialog = await cleo.fetch_dialog(menu, "Start a pulse")
    launched = await cleo.submit_dialog(dialog, {"question": "How is IT?", "days": "7"})
    assert launched.message


async def test_an_announcement_is_previewed_and_delivered(build: Build) -> None:
    """Draft in a dialog, see it, confirm the count, everybody gets one."""
    house, cleo = await with_cio(build)
    ada = house.teams.user("ada")
    await ada.install()
    await ada.receives()
    await cleo.say("help")
    dialog = await cleo.fetch_dialog(await cleo.receives(), "Announce")
    empty = await cleo.submit_dialog(dialog, {"title": " ", "words": "All is well"})
    assert empty.card is not None
    assert "All is well" in shown(empty.card)
    await cleo.submit_dialog(empty, {"title": "News", "words": "All is **well** [x](y)"})
    await house.teams.until(lambda: any(has(cleo, m, "announcement.send") for m in cleo.inbox))
    confirm = next(m for m in cleo.inbox if has(cleo, m, "announcement.send"))
    await cleo.press(confirm, "announcement.send")
    news = await ada.receives()
    assert "All is **well** [x](y)" in shown(ada.sees(news))
    assert news.summary == "News"


def has(person: Person, message: Message, verb: str) -> bool:
    return verb in shown(person.sees(message))


async def test_installing_welcomes_exactly_once(house: House) -> None:
    """Two events at the same time, and the same again later: one welcome."""
    ada = house.teams.user("ada")
    first = await ada.install()
    assert {delivery.status for delivery in first} == {202}
    await ada.receives()
    for delivery in first:
        await house.teams.redeliver(delivery)
    await ada.say("hello")
    await ada.receives()
    assert len(ada.inbox) == 2


async def test_a_team_is_welcomed_once_and_new_members_not_at_all(house: House) -> None:
    """Fifty people joining make no roster call and no message."""
    ada = house.teams.user("ada")
    team = house.teams.team("Sales", ada)
    await ada.install(team)
    await house.teams.next_post(team.general)
    many = [house.teams.user(f"p{number}") for number in range(50)]
    assert (await house.teams.join(team, *many)).status == 202
    await ada.mention("help", team.general)
    await house.teams.next_post(team.general)
    assert len([m for m in team.general.posts if m.thread == m.id]) == 1
    assert house.teams.calls_of("members", "pagedmembers") == []


async def test_uninstalling_is_remembered(house: House) -> None:
    """Nobody writes to who has removed the app; writing again makes the person reachable."""
    ada = house.teams.user("ada")
    await ada.install()
    await ada.receives()
    await ada.uninstall()
    account = ids.account_id(ada.tenant, ada.aad_id)
    with house.units() as uow:
        stored = uow.people.account(account)
        assert stored is not None
        assert not stored.reachable


async def test_the_directory_tells_name_and_address(house: House) -> None:
    """After the first words the roster is asked once, and the address is believed."""
    ada = house.teams.user("ada", name="Ada Lovelace", email="ada@example.com")
    await ada.say("hello")
    await house.teams.until(lambda: bool(house.teams.calls_of("member")))
    await ada.say("help")
    await ada.receives()

    def known() -> bool:
        with house.units() as uow:
            person = uow.people.by_email("ada@example.com")
            return person is not None and person.name == "Ada Lovelace"

    await house.teams.until(known)


async def test_reactions_are_heard_and_change_nothing(house: House) -> None:
    """A like is acknowledged."""
    ada = house.teams.user("ada")
    await ada.say("hello")
    message = await ada.receives()
    assert (await ada.react(message)).status == 202


@pytest.fixture(params=["memory", "sqlite"])
def kept(request: pytest.FixtureRequest) -> Storage:
    """Open an empty store of each kind that needs no server."""
    if request.param == "memory":
        return open_storage("memory:")
    store: Storage = request.getfixturevalue("sqlite")
    return store


async def test_the_same_message_four_times_at_once_is_one(build: Build, kept: Storage) -> None:
    """Teams delivers again what it thinks was lost."""
    house = await build(store=kept)
    ada = house.teams.user("ada")
    delivery = await ada.say("My laptop is slow")
    assert {again.status for again in await house.teams.redeliver(delivery)} == {202}
    await ada.press(await ada.receives(), "need.send")
    assert len(needs_of(house, ada)) == 1
    assert len(ada.inbox) == 1


async def test_the_same_press_again_has_the_same_full_answer(build: Build, kept: Storage) -> None:
    """One need, five full bodies."""
    house = await build(store=kept)
    ada = house.teams.user("ada")
    await ada.say("My laptop is slow")
    pressed = await ada.press(await ada.receives(), "need.send")
    again = await house.teams.redeliver(pressed.delivery)
    assert {delivery.answer.body for delivery in again} == {pressed.delivery.answer.body}
    assert len(needs_of(house, ada)) == 1


async def test_a_press_is_remembered_across_a_restart(sqlite_url: str, tmp_path: Path) -> None:
    """Another process with the same database gives the same answer and does nothing twice."""
    async with FakeTeams() as teams:
        ada = teams.user("ada")
        first = open_storage(sqlite_url)
        async with running(teams, first, tmp_path / "keys"):
            await ada.say("My laptop is slow")
            pressed = await ada.press(await ada.receives(), "need.send")
        first.close()
        second = open_storage(sqlite_url)
        async with running(teams, second, tmp_path / "keys") as house:
            again = await teams.redeliver(pressed.delivery)
            assert {d.answer.body for d in again} == {pressed.delivery.answer.body}
            assert len(needs_of(house, ada)) == 1
        second.close()


async def test_an_old_client_presses_by_sending_a_message(house: House) -> None:
    """Action.Submit in place of Execute: the same effect, and the message changes."""
    ada = house.teams.user("ada")
    await ada.say("My laptop is slow")
    summary = await ada.receives()
    assert (await ada.submit_fallback(summary, "need.send")).status == 202
    assert len(needs_of(house, ada)) == 1
    await house.teams.until(lambda: len(summary.edits) > 0)


async def test_an_old_client_sees_what_is_for_its_person_alone(house: House) -> None:
    """What an invoke would have answered comes as a message to the direct conversation."""
    ada = house.teams.user("ada")
    await ada.say("My laptop is slow")
    summary = await ada.receives()
    forged = ada.activity("message", ada.chat, {"value": {"gs": "x"}, "replyToId": summary.id})
    assert (await house.teams.deliver(forged)).status == 202
    answer = await ada.receives()
    assert "out of date" in answer.summary


async def test_a_forged_action_is_out_of_date(house: House) -> None:
    """An action that we did not sign does nothing and says so."""
    ada = house.teams.user("ada")
    await ada.say("My laptop is slow")
    summary = await ada.receives()
    action = {"type": "Action.Execute", "verb": "need.send", "data": {"gs": "1.1|need.send|x"}}
    value = {"action": action, "trigger": "manual"}
    delivery = await house.teams.deliver(ada.press_activity(summary, value))
    assert "out of date" in delivery.answer.body.decode()
    assert needs_of(house, ada) == []


async def test_a_blocked_person_is_unreachable_after_the_second_time(house: House) -> None:
    """Teams says so by mistake now and then: the first time is not believed."""
    ada = house.teams.user("ada")
    house.teams.fail_next("post", Fault.blocked())
    await ada.say("My laptop is slow")
    await ada.receives()
    account = ids.account_id(ada.tenant, ada.aad_id)
    with house.units() as uow:
        stored = uow.people.account(account)
        assert stored is not None
        assert stored.reachable


async def test_the_cio_is_known_by_account(build: Build) -> None:
    """The settings name the first rights."""
    house, cleo = await with_cio(build)
    await cleo.say("help")
    with house.units() as uow:
        assert len(uow.people.with_role(Role.CIO)) == 1
    await asyncio.wait_for(cleo.receives(), 5)
