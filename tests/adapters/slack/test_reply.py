"""Each kind of request is answered where the person looks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from adapters.slack import parse, reply
from adapters.voice import voice
from bot.actions import Action
from bot.examples import examples
from bot.heard import AccountId, ChannelId
from bot.people.model import Account, Channel
from tests.adapters.slack.conftest import KEY, House
from tests.fakes.slack import Delivery, DeliveryKind, Fault, Message
from tests.fakes.slack.person import Person


async def card_of(person: Person) -> Message:
    """Let a person write, and return the card she gets."""
    await person.say("The VPN drops")
    return await person.hears("This is what I understood")


def asking(person: Person, card: Message, action: str, argument: str = "99") -> Delivery:
    """Return a press on a card as if its button stood for another action."""
    press = person.pressed_message(card, "need.send")
    press.payload["actions"][0]["value"] = parse.sealed(KEY, parse.ACTION, action, argument)
    return press


# --- beside or in place --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "action", "words"),
    [
        ("U2", Action.ANNOUNCE_COMPOSE, "is for the CIO"),
        ("U2", Action.NEED_WITHDRAW, "cannot find that need"),
        ("U2", Action.PULSE_COMMENTED, "do not know this pulse"),
        ("U1", Action.ANNOUNCE_SEND, "cannot find that draft"),
    ],
)
async def test_a_refusal_leaves_the_pressed_card_where_it_is(
    house: House, who: str, action: Action, words: str
) -> None:
    """It says to this person alone why nothing happened, and the card works as before."""
    person = house.slack.user(who)
    card = await card_of(person)
    assert (await house.slack.deliver(asking(person, card, action))).ok
    refusal = await person.hears(words)
    assert refusal.only_for == who
    assert house.slack.state.messages[card.channel][card.ts] == card
    assert (await person.press(card, "need.send")).ok
    await house.settled()
    assert house.needs() == ["The VPN drops"]


async def test_who_was_not_asked_keeps_the_card(house: House) -> None:
    """Somebody the bot never met presses a pulse: nothing is kept, and nothing is taken away."""
    ben, dan = house.slack.user("U2"), house.slack.user("U4")
    card = replace(await card_of(ben), channel=dan.dm)
    house.slack.state.put_message(card)
    assert (await house.slack.deliver(asking(dan, card, Action.PULSE_ANSWER))).ok
    assert (await dan.hears("not among those asked")).only_for == "U4"
    assert house.slack.state.messages[dan.dm][card.ts] == card


async def test_the_present_state_of_a_card_takes_its_place(house: House) -> None:
    """A button of a draft that is closed shows what became of it where the button stood."""
    ben = house.slack.user("U2")
    card = await card_of(ben)
    press = ben.pressed_message(card, "need.cancel")
    await ben.press(card, "need.send")
    await house.settled()
    assert (await house.slack.deliver(press)).ok
    assert house.slack.calls("response_url")[-1].args["replace_original"] is True
    assert "is with IT" in house.slack.state.messages[card.channel][card.ts].text
    assert len(ben.heard()) == 1


async def test_a_refused_dialog_stays_under_the_refusal(house: House) -> None:
    """What was typed is there when the page above it is closed."""
    ben = house.slack.user("U2")
    await ben.press(await card_of(ben), "need.change")
    view = await ben.sees_view()
    sent = ben.submitted(view, {"words": "Typed with care"})
    state = parse.sealed(KEY, parse.DIALOG, Action.PULSE_COMMENTED, "99")
    sent.payload["view"]["private_metadata"] = state
    answer = await house.slack.deliver(sent)
    assert answer.json["response_action"] == "push"
    ben._apply(house.slack.state.views[view.id], answer)
    top = await ben.sees_view(lambda one: one.id != view.id)
    assert "do not know this pulse" in str(top.content)
    await ben.close(top)
    assert (await ben.sees_view()).id == view.id
    sent.payload["view"] |= {"previous_view_id": "V2", "root_view_id": "V1", "hash": "other"}
    assert (await house.slack.deliver(sent)).json["response_action"] == "update"


@pytest.mark.parametrize("inputs", [True, False])
async def test_what_was_typed_stays_when_nothing_could_be_stored(
    house: House, inputs: bool
) -> None:
    """The apology stands under the first input; a dialog without one keeps it on top of itself."""
    ben = house.slack.user("U2")
    await ben.press(await card_of(ben), "need.change")
    view = await ben.sees_view()
    sent = ben.submitted(view, {"words": "Typed with care"})
    if not inputs:
        sent.payload["view"]["blocks"] = []
    units = house.ears._units

    def fail() -> Any:  # noqa: ANN401 - it never returns
        raise RuntimeError("words")

    house.ears._units = fail
    answer = await house.slack.deliver(sent)
    said: Mapping[str, Any] = answer.json
    assert said["response_action"] == ("errors" if inputs else "push")
    assert "did not work just now" in str(said)
    ben._apply(house.slack.state.views[view.id], answer)
    assert house.slack.state.views[view.id].open
    house.ears._units = units
    assert (await house.slack.deliver(sent)).json == {"response_action": "clear"}
    await ben.hears("Typed with care")


def test_every_card_that_is_shown_beside_exists() -> None:
    """A card that was renamed would take the pressed card's place again."""
    assert set(examples(voice("en", ""))) >= reply.BESIDE


# --- kinds ---------------------------------------------------------------------------------


async def test_a_changed_profile_is_looked_up_again(house: House) -> None:
    """Name, zone and language follow; people the bot never met are none of its business."""
    ben = house.slack.user("U2")
    await ben.open_home()
    await house.slack.called("users.info")
    await house.slack.change_user("U2", real_name="Ben Two", locale="de-DE")
    await house.slack.called("users.info", 2)
    await house.slack.change_user("U4", real_name="Dan Two")
    await house.settled()
    assert len(house.slack.calls("users.info")) == 2


async def test_a_closed_account_is_written_to_no_more(house: House) -> None:
    """The account is marked, and the person is not counted."""
    ben = house.slack.user("U2")
    await ben.open_home()
    await ben.sees_home()
    assert (await house.slack.change_user("U2", deleted=True)).ok
    with house.units() as uow:
        account = uow.people.account(AccountId("slack:T1:U2"))
        assert isinstance(account, Account)
        assert (account.reachable, account.reason) == (False, "left")
        assert uow.people.count() == 0


async def test_a_channel_is_met_named_renamed_and_left(house: House) -> None:
    """The introduction comes once, however often the bot is added."""
    slack = house.slack
    added = {"type": "member_joined_channel", "user": "UBOT", "channel": "C1", "inviter": "U1"}
    for _ in range(2):
        assert (await slack.event(added)).ok
    await slack.called("conversations.info")
    await slack.until(lambda: slack.messages("C1"))
    assert (await slack.rename("C1", "it-and-friends")).ok
    await slack.called("conversations.info", 2)
    await slack.rename("C3", "nobody-knows")
    place = ChannelId("slack:T1:C1")

    def named() -> Channel | None:
        with house.units() as uow:
            found = uow.people.channel(place)
        return found if found is not None and found.name == "it-and-friends" else None

    await slack.until(named)
    assert (await slack.event({**added, "type": "member_left_channel"})).ok
    with house.units() as uow:
        left = uow.people.channel(place)
    assert isinstance(left, Channel)
    assert not left.active
    assert len(slack.messages("C1")) == 1


async def test_a_press_on_the_home_surface_is_answered_by_a_page(house: House) -> None:
    """There is no message to answer in; a page that does not open is no error of the press."""
    ben = house.slack.user("U2")
    await ben.open_home()
    home = await ben.sees_home()
    old = ben.pressed_view(home, "need.start")
    old.payload["actions"][0]["value"] = "of another version"
    assert (await house.slack.deliver(old)).ok
    assert "out of date" in str((await ben.sees_view()).content)
    house.slack.fail_next("views.open", Fault.server_error(500))
    again = ben.pressed_view(home, "need.start")
    assert (await house.slack.deliver(again)).ok


async def test_a_dialog_opened_from_a_dialog_goes_on_top(house: House) -> None:
    """Slack takes up to three; the trigger of a press inside one opens no other way."""
    ben = house.slack.user("U2")
    await ben.open_home()
    home = await ben.sees_home()
    old = ben.pressed_view(home, "need.start")
    old.payload["actions"][0]["value"] = "of another version"
    await house.slack.deliver(old)
    page = await ben.sees_view()
    await ben.press(page, "need.start")
    top = await ben.sees_view(lambda view: view.id != page.id)
    assert top.previous_id == page.id


async def test_a_forged_dialog_is_out_of_date(house: House) -> None:
    """The state of a dialog is signed like the argument of a button."""
    ben = house.slack.user("U2")
    await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    await ben.press(card, "need.change")
    sent = ben.submitted(await ben.sees_view(), {"words": "x"})
    sent.payload["view"]["private_metadata"] = "AAAA.1|announcement.send|1"
    answer = await house.slack.deliver(sent)
    assert answer.json["response_action"] == "update"
    assert "out of date" in str(answer.json["view"])


async def test_a_shortcut_from_anywhere_opens_its_dialog(house: House) -> None:
    """It stands for the button of the same action."""
    ben = house.slack.user("U2")
    assert (await ben.shortcut("need.start")).ok
    assert (await ben.sees_view()).content["callback_id"] == "need.changed"


async def test_an_empty_message_is_asked_about(house: House) -> None:
    """A shortcut on a picture without words opens the dialog for them."""
    ben = house.slack.user("U2")
    await ben.say("", "C1")
    assert (await ben.shortcut("need.from_message", house.slack.messages("C1")[0])).ok
    assert (await ben.sees_view()).content["callback_id"] == "need.changed"


async def test_what_lacks_its_trigger_is_left_alone(house: House) -> None:
    """Well-formed otherwise, it could be told twice and nobody would know."""
    ben = house.slack.user("U2")
    await ben.command("/groundswell", "", "C1")
    press = ben.pressed_message(ben.heard("C1")[0], "help")
    shortcut = ben._interaction("shortcut") | {"callback_id": "need.start"}
    command = {"command": "/groundswell", "user_id": "U2", "team_id": "T1"}
    closed = ben._interaction("view_closed") | {"view": {"id": "V1", "callback_id": "x"}}
    view = {"id": "V1", "type": "modal", "callback_id": "need.changed"}
    submission = ben._interaction("view_submission") | {"view": view}
    for payload in (press.payload, shortcut, submission):
        del payload["trigger_id"]
    for payload in (press.payload, shortcut, submission, closed):
        delivery = Delivery(kind=DeliveryKind.INTERACTION, payload=payload)
        assert (await house.slack.deliver(delivery)).body == b""
    delivery = Delivery(kind=DeliveryKind.COMMAND, payload=command)
    assert (await house.slack.deliver(delivery)).body == b""


def test_an_error_without_its_input_goes_under_the_first() -> None:
    """Slack refuses an answer that names an input it does not know."""
    errors = {"a": "One.", "gone": "Two."}
    assert reply._errors(errors, ("a", "b")) == {
        "response_action": "errors",
        "errors": {"a": "One. Two."},
    }
