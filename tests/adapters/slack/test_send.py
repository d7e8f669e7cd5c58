"""The way out: each thing that Slack can answer becomes one outcome."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.ears import Ears
from adapters.slack import parse
from adapters.slack.api import API, Failed, outcome_of
from adapters.slack.app import SlackPlatform
from adapters.slack.limits import Pace
from adapters.slack.send import profile_of
from bot.delivery import (
    Defect,
    Delivered,
    Found,
    Gone,
    Op,
    Outcome,
    Outgoing,
    RateLimited,
    Refused,
    Revoked,
    Unanswered,
    Unreachable,
)
from bot.heard import AccountId, ChannelId, MessageRef, Profile
from bot.messages import Button, Buttons, Card, Place, Text, ToChannel, ToPerson
from storage import Storage
from tests.adapters.slack.conftest import KEY, House, at_once, settings_for, tools
from tests.fakes.slack import FakeSlack, Fault

CARD = Card(name="tests.card", summary="Hello <!channel>", parts=(Text(words="Hello"),))
BEN = ToPerson(account=AccountId("slack:T1:U2"))
C1 = ToChannel(channel=ChannelId("slack:T1:C1"))


def item(op: Op = Op.POST, to: Place = C1, card: Card | None = CARD, **more: str) -> Outgoing:
    message = MessageRef(more.get("message", ""))
    return Outgoing(id=1, op=op, to=to, card=card, route=more.get("route", ""), message=message)


@pytest.fixture
async def platform(
    slack: FakeSlack, memory: Storage, tmp_path: Path
) -> AsyncIterator[SlackPlatform]:
    """Connect the way out alone."""
    settings = settings_for(slack, tmp_path)
    ears = Ears(memory.units, tools(settings))
    made = SlackPlatform(settings, ears, key=KEY, pace=Pace(sleep=at_once))
    yield made
    await made.sender.close()
    ears.close()


async def test_a_post_carries_text_blocks_and_no_previews(
    slack: FakeSlack, platform: SlackPlatform
) -> None:
    """The text is the whole card in plain words, and pings nobody."""
    outcome = await platform.sender.send(item())
    assert isinstance(outcome, Delivered)
    assert outcome.message.startswith("slack:T1:C1:")
    assert platform.sender.platform == "slack"
    (call,) = slack.calls("chat.postMessage")
    assert call.args["text"] == "Hello &lt;!channel&gt;\nHello"
    assert (call.args["unfurl_links"], call.args["unfurl_media"]) == (False, False)


async def test_a_reply_goes_into_its_thread(slack: FakeSlack, platform: SlackPlatform) -> None:
    """The thread is the message that was answered."""
    first = await platform.sender.send(item())
    assert isinstance(first, Delivered)
    ts = parse.decode(first.message).ts
    to = ToChannel(channel=C1.channel, thread=ts)
    assert isinstance(await platform.sender.send(item(to=to)), Delivered)
    assert slack.messages("C1")[1].thread_ts == ts


async def test_a_conversation_is_opened_once_and_remembered(
    slack: FakeSlack, platform: SlackPlatform
) -> None:
    """Without a known way it is opened first; a way that is gone is found again."""
    first = await platform.sender.send(item(to=BEN))
    assert first == Delivered(message=getattr(first, "message", MessageRef("")), route="D2")
    again = await platform.sender.send(item(to=BEN, route="D2"))
    assert isinstance(again, Delivered)
    assert again.route == ""
    assert len(slack.calls("conversations.open")) == 1
    lost = await platform.sender.send(item(to=BEN, route="D404"))
    assert isinstance(lost, Delivered)
    assert lost.route == "D2"


async def test_a_person_is_never_a_channel(slack: FakeSlack, platform: SlackPlatform) -> None:
    """Trap 20: that would be delivered by Slackbot."""
    to = ToChannel(channel=ChannelId("slack:T1:U2"))
    assert await platform.sender.send(item(to=to)) == Defect(reason="a person is not a channel")
    assert isinstance(await platform.sender.send(item(to=BEN, route="U2")), Delivered)
    assert [call.args["channel"] for call in slack.calls("chat.postMessage")] == ["D2"]


async def test_a_message_is_updated(slack: FakeSlack, platform: SlackPlatform) -> None:
    """The reference holds all that is needed."""
    first = await platform.sender.send(item())
    assert isinstance(first, Delivered)
    other = Card(name="tests.card", summary="Changed", parts=())
    update = item(Op.UPDATE, card=other, message=first.message)
    assert await platform.sender.send(update) == Delivered(message=first.message)
    assert [one.text for one in slack.messages("C1")] == ["Changed"]


async def test_a_home_is_published(slack: FakeSlack, platform: SlackPlatform) -> None:
    """For a person; a channel has none."""
    assert await platform.sender.send(item(Op.HOME, to=BEN)) == Delivered()
    assert slack.state.home("U2") is not None
    assert isinstance(await platform.sender.send(item(Op.HOME)), Defect)


async def test_people_and_channels_are_looked_up(platform: SlackPlatform) -> None:
    """Name, address, zone and language of a person; the name of a channel."""
    found = await platform.sender.send(item(Op.LOOKUP, to=BEN, card=None))
    assert found == Found(
        profile=Profile(
            name="Ben Okafor", email="ben@example.com", zone="Europe/London", locale="en-US"
        )
    )
    place = await platform.sender.send(item(Op.LOOKUP, card=None))
    assert place == Found(profile=Profile(), channel_name="it-and-business")


def test_only_a_confirmed_address_counts() -> None:
    """Persons are joined by it, so nobody may simply claim one."""
    user = {"id": "U2", "profile": {"email": "a@b.c", "real_name": "Ben"}, "deleted": True}
    assert profile_of(user | {"is_email_confirmed": False}).email == ""
    assert profile_of(user).email == "a@b.c"
    assert (profile_of(user).name, profile_of(user).gone) == ("Ben", True)
    assert profile_of({"name": "ben", "profile": None, "is_bot": True}).is_bot


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.rate_limited(7), RateLimited(after=7.0)),
        (Fault.refused("message_limit_exceeded"), RateLimited(after=60.0)),
        (Fault.server_error(503), Unanswered(reason="http_503")),
        (Fault.server_error_after_effect(500), Unanswered(reason="http_500")),
        (Fault.server_error(408), Unanswered(reason="http_408")),
        (Fault.server_error(404), Refused(reason="http_404")),
        (Fault.reset_after_effect(), Unanswered(reason="ServerDisconnectedError")),
        (Fault.refused("internal_error"), Unanswered(reason="internal_error")),
        (Fault.refused("fatal_error"), Unanswered(reason="fatal_error")),
        (Fault.html(200), Unanswered(reason="not_an_answer")),
        (Fault.html(502), Unanswered(reason="http_502")),
        (Fault.refused("account_inactive"), Revoked(reason="account_inactive")),
        (Fault.refused("is_archived"), Gone(reason="is_archived")),
        (Fault.refused("not_in_channel"), Refused(reason="not_in_channel")),
        (Fault.refused("restricted_action_thread_only_channel"),
         Refused(reason="restricted_action_thread_only_channel")),
        (Fault.refused("invalid_blocks"), Defect(reason="invalid_blocks")),
        (Fault.refused("msg_blocks_too_long"), Defect(reason="msg_blocks_too_long")),
    ],
)  # fmt: skip
async def test_each_answer_of_slacks_is_one_outcome(
    slack: FakeSlack, platform: SlackPlatform, fault: Fault, expected: Outcome
) -> None:
    """Trap 15: nothing is repeated here, so a message is posted once at most."""
    slack.fail_next("chat.postMessage", fault)
    assert await platform.sender.send(item()) == expected
    assert len(slack.calls("chat.postMessage")) == 1
    assert len(slack.messages("C1")) == fault.after_effect


async def test_after_a_refusal_the_bucket_waits(slack: FakeSlack, platform: SlackPlatform) -> None:
    """Trap 15: one request meets the 429; what comes after it is not even sent."""
    slack.fail_next("chat.postMessage", Fault.rate_limited(7))
    outcomes = [await platform.sender.send(item()) for _ in range(3)]
    assert all(isinstance(one, RateLimited) and 0 < one.after <= 7 for one in outcomes)
    assert len(slack.calls("chat.postMessage")) == 1
    assert await platform.sender.send(item(Op.HOME, to=BEN)) == Delivered()


async def test_a_slow_answer_is_no_answer(slack: FakeSlack) -> None:
    """It may have been posted, so it is not posted again."""
    api = API(slack.api_url)
    slack.fail_next("auth.test", Fault.timeout(5))
    with pytest.raises(Failed) as failed:
        await api.call("auth.test", token=slack.token, seconds=0.05)
    assert failed.value.outcome == Unanswered(reason="TimeoutError")
    await api.close()


async def test_no_connection_means_nothing_was_sent() -> None:
    """A refused connection is safe to repeat; an address that is none is our defect."""
    api = API("http://127.0.0.1:9/api/")
    with pytest.raises(Failed) as failed:
        await api.call("auth.test")
    assert isinstance(failed.value.outcome, Unreachable)
    await api.close()
    api = API("http://:-1/")
    with pytest.raises(Failed) as failed:
        await api.call("auth.test")
    assert isinstance(failed.value.outcome, Defect | Unreachable)
    await api.close()


async def test_one_pool_of_connections_carries_all_calls(
    slack: FakeSlack, platform: SlackPlatform
) -> None:
    """Trap 10: a hundred calls one after the other need one connection."""
    for _ in range(100):
        await platform.sender.send(item(Op.HOME, to=BEN))
    assert slack.connections == 1


async def test_what_cannot_be_drawn_is_a_defect(platform: SlackPlatform) -> None:
    """It fails for good, and the relay goes on."""
    endless = Buttons(buttons=(Button(label="A", action="menu", argument="a" * 3_000),))
    card = Card(name="tests.card", summary="S", parts=(endless,))
    assert await platform.sender.send(item(card=card)) == Defect(reason="ValueError")
    assert await platform.sender.send(item(card=None)) == Defect(reason="ValueError")


async def test_a_workspace_that_did_not_install_us(platform: SlackPlatform) -> None:
    """Only reinstalling helps."""
    to = ToChannel(channel=ChannelId("slack:T9:C1"))
    assert await platform.sender.send(item(to=to)) == Revoked(reason="not_installed")


def test_an_unknown_error_is_a_refusal() -> None:
    """Slack adds codes; none of them makes us send twice."""
    assert outcome_of("something_new") == Refused(reason="something_new")


async def test_a_response_address_is_used_only_if_it_is_slacks(slack: FakeSlack) -> None:
    """Trap 11: and what it answers is looked at."""
    api = API(slack.api_url)
    good = slack.response_url(slack.state.new_response_url("C1", "U2", None).id)
    for url in ("http://evil.example/x", "https://hooks.slack.com.evil.example/", "http://[", ""):
        with pytest.raises(Failed):
            await api.respond(url, {"text": "x"})
    assert api.answerable("https://hooks.slack.com/actions/T1/1/x")
    for status in (404, 500):
        slack.fail_next("response_url", Fault.server_error(status))
        with pytest.raises(Failed) as failed:
            await api.respond(good, {"text": "x"})
        assert failed.value.code == f"http_{status}"
    await api.respond(good, {"text": "x"})
    await api.close()


async def test_a_dialog_that_does_not_open_is_apologised_for(house: House) -> None:
    """A dead trigger: the press is answered all the same; a command says it in its reply."""
    ben = house.slack.user("U2")
    await ben.say("The VPN drops")
    card = await ben.hears("This is what I understood")
    house.slack.fail_next("views.open", Fault.refused("expired_trigger_id"))
    assert (await ben.press(card, "need.change")).ok
    assert "did not work just now" in ben.heard()[-1].text
    house.slack.fail_next("response_url", Fault.server_error(500))
    house.slack.fail_next("views.open", Fault.server_error(500))
    assert (await ben.press(card, "need.change")).ok
    maria = house.slack.user("U1")
    house.slack.fail_next("views.open", Fault.refused("expired_trigger_id"))
    await maria.command("/groundswell", "pulse")
    assert "did not work just now" in maria.heard()[0].text
