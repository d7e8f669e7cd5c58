"""What people do in Slack, from the request to the stored effect and back, in both modes."""

from tests.adapters.slack.conftest import House
from tests.fakes.slack import Message


async def test_a_sentence_becomes_a_need(either: House) -> None:
    """Say it, see what was understood, send it, hold the receipt in the same message."""
    ben = either.slack.user("U2")
    assert (await ben.say("The VPN drops *every* hour & <!channel>")).ok
    card = await ben.hears("This is what I understood")
    assert "&lt;!channel&gt;" in card.text
    assert (await ben.press(card, "need.send")).ok
    await either.slack.until(lambda: "N-1 is with IT" in _now(either, card).text)
    assert either.needs() == ["The VPN drops *every* hour & <!channel>"]


async def test_a_need_is_changed_in_a_dialog(either: House) -> None:
    """The dialog holds what was said so far; an empty answer keeps it open with the error."""
    ben = either.slack.user("U2")
    await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    await ben.press(card, "need.change")
    view = await ben.sees_view()
    assert (await ben.submit(view, {"words": "   "})).json["response_action"] == "errors"
    view = await ben.sees_view(lambda one: bool(one.errors))
    assert (await ben.submit(view, {"words": "The VPN drops at noon"})).ok
    assert ben.view is None
    await ben.hears("The VPN drops at noon")


async def test_the_command_is_answered_in_its_own_reply(either: House) -> None:
    """Only who typed it sees the menu; a button of it opens a dialog."""
    ben = either.slack.user("U2")
    assert (await ben.command("/groundswell", "", "C1")).ok
    (menu,) = ben.heard("C1")
    assert menu.only_for == "U2"
    assert (await ben.press(menu, "need.start")).ok
    view = await ben.sees_view()
    assert view.content["title"]["text"] == "What do you need?"


async def test_the_command_takes_a_need_in_one_go(either: House) -> None:
    """Words after the command begin a need, and it goes on in the direct message."""
    ben = either.slack.user("U2")
    assert (await ben.command("/groundswell", "a second screen", "C1")).ok
    assert "direct message" in ben.heard("C1")[0].text
    await ben.hears("a second screen")


async def test_a_mention_is_answered_in_the_thread_and_goes_on_in_private(either: House) -> None:
    """The words without the bot's name begin the need."""
    ben = either.slack.user("U2")
    assert (await ben.say("<@UBOT> a second screen", "C1")).ok
    card = await ben.hears("a second screen")
    assert "UBOT" not in card.text
    answer = await ben.hears("direct message", channel="C1")
    asked = either.slack.messages("C1")[0]
    assert answer.thread_ts == asked.ts


async def test_a_shortcut_makes_a_message_a_need(either: House) -> None:
    """Its words become the need, and the way back to it is kept."""
    ben, dan = either.slack.user("U2"), either.slack.user("U4")
    await dan.say("The printer jams", "C1")
    said = either.slack.messages("C1")[0]
    assert (await ben.shortcut("need.from_message", said)).ok
    card = await ben.hears("The printer jams")
    await ben.press(card, "need.send")
    receipt = await either.slack.until(lambda: _shows(either, card, "is with IT"))
    assert f"https://acme.slack.com/archives/C1/p{said.ts.replace('.', '')}" in receipt.text


async def test_the_home_shows_what_i_asked_for(either: House) -> None:
    """Opening it publishes it; a press there that only concerns me opens a page."""
    ben = either.slack.user("U2")
    assert (await ben.open_home()).ok
    home = await ben.sees_home()
    assert "My needs" in str(home.content)
    assert (await ben.press(home, "need.start")).ok
    assert (await ben.sees_view()).content["callback_id"] == "need.changed"


async def test_a_pulse_from_the_first_click_to_the_thanks(either: House) -> None:
    """The CIO starts it with the command; one tap answers it, and the thanks is for one alone."""
    await _known(either)
    maria, ben = either.slack.user("U1"), either.slack.user("U2")
    assert (await maria.command("/groundswell", "pulse")).ok
    view = await maria.sees_view()
    assert (await maria.submit(view, {"question": "Does IT help you?"})).ok
    asked = await ben.hears("Does IT help you?")
    before = await either.slack.called("chat.postMessage", 7)
    assert (await ben.press(asked, "pulse.answer:score:8")).ok
    assert "Thank" in _now(either, asked).text
    await either.settled()
    assert either.slack.calls("chat.postMessage") == before
    assert either.slack.calls("chat.update") == []


async def test_a_pulse_is_answered_from_the_home_surface(either: House) -> None:
    """Scale and comment in one dialog, and the thanks in the dialog's place."""
    await _known(either)
    maria, ben = either.slack.user("U1"), either.slack.user("U2")
    await maria.command("/groundswell", "pulse")
    await maria.submit(await maria.sees_view(), {"question": "Does IT help you?"})
    await ben.hears("Does IT help you?")
    await ben.open_home()
    home = await ben.sees_home(lambda one: "pulse.open" in str(one.content))
    await ben.press(home, "pulse.open")
    view = await ben.sees_view()
    answer = await ben.submit(view, {"score": "7", "comment": "Quick & friendly"})
    assert answer.json["response_action"] == "update"
    assert ben.view is not None
    assert "Thank" in str(ben.view.content)


async def test_an_announcement_is_previewed_and_delivered(either: House) -> None:
    """Draft in a dialog, preview, send; each known person reads it."""
    maria, ben = either.slack.user("U1"), either.slack.user("U2")
    await ben.open_home()
    await ben.sees_home()
    await maria.command("/groundswell", "announce")
    view = await maria.sees_view()
    names = [one["block_id"] for one in view.content["blocks"] if one["type"] == "input"]
    assert {"title", "words"} <= set(names)
    answer = await maria.submit(view, {"title": "New VPN", "words": "From Monday on."})
    assert answer.ok
    await maria.hears("From Monday on.")
    confirm = await maria.hears("Nothing is sent yet")
    assert (await maria.press(confirm, "announcement.send")).ok
    got = await ben.hears("From Monday on.")
    assert "New VPN" in got.text


async def test_what_somebody_without_the_right_wants_is_refused_politely(either: House) -> None:
    """The refusal is shown to her alone."""
    ben = either.slack.user("U2")
    await ben.command("/groundswell", "pulse", "C1")
    assert "is for the CIO" in ben.heard("C1")[0].text


async def _known(house: House) -> None:
    """Let six people be known to the bot: fewer than five are asked nothing."""
    for number in range(6, 9):
        house.slack.state.add_user(f"U{number}", f"person{number}")
    for name in ("U1", "U2", "U3", "U4", "U6", "U7"):
        await house.slack.user(name).open_home()
        await house.slack.user(name).sees_home()


def _now(house: House, message: Message) -> Message:
    return house.slack.state.messages[message.channel][message.ts]


def _shows(house: House, message: Message, words: str) -> Message | None:
    now = _now(house, message)
    return now if words in now.text else None
