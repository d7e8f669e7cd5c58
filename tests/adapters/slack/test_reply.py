"""Each kind of request is answered where the person looks."""

from adapters.slack import reply
from bot.heard import AccountId, ChannelId
from bot.people.model import Account, Channel
from tests.adapters.slack.conftest import House
from tests.fakes.slack import Delivery, DeliveryKind, Fault


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
