"""Activities as events: what is read, what is left alone, and our ids."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.teams import ids, parse, sealed
from adapters.teams.proactive import Route
from adapters.teams.words import put
from bot.heard import Joined, Left, Pressed, Reacted, Said, Submitted, lane_of, platform_of
from bot.messages import Dialog, Field, Moment, When

KEY = b"k" * 32
CONVERSATION = "19:abc/+=?@thread.tacv2"


def activity(kind: str = "message", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    made: dict[str, Any] = {
        "type": kind,
        "id": "1700",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "channelId": "msteams",
        "from": {"id": "29:1x", "name": "Ada", "aadObjectId": "AAAA-1"},
        "recipient": {"id": "28:bot", "name": "Groundswell"},
        "conversation": {"id": "a:1chat", "conversationType": "personal", "tenantId": "T-1"},
        "channelData": {"tenant": {"id": "T-1"}},
        "locale": "de-DE",
    }
    return made | fields


def in_channel(kind: str = "message", thread: str = "1699", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    place = {"id": f"{CONVERSATION};messageid={thread}" if thread else CONVERSATION}
    place |= {"conversationType": "channel"}
    data = {"tenant": {"id": "T-1"}, "channel": {"id": CONVERSATION, "name": "Deals"}}
    return activity(kind, conversation=place, channelData=data, **fields)


@given(st.text(min_size=1), st.text(min_size=1))
def test_ids_round_trip(conversation: str, message: str) -> None:
    """Whatever stands in an id, it comes back, and the lane is found by the first two parts."""
    plain = ids.without_thread(conversation)
    if not plain:
        return
    channel = ids.channel_id("T-1", conversation)
    assert ids.split_channel(channel) == ("t-1", plain)
    assert ids.split_message(ids.message_ref("t-1", conversation, message)) == (
        "t-1", plain, message
    )  # fmt: skip
    assert (platform_of(channel), lane_of(channel)) == ("teams", "teams:t-1")


def test_accounts_are_told_by_tenant_and_directory_id() -> None:
    """Letter case does not make a second person; anything else is no id."""
    account = ids.account_id("T-1", "AAAA-1")
    assert account == "teams:t-1:aaaa-1"
    assert ids.split_account(account) == ("t-1", "aaaa-1")
    for tenant, person in (("", "a"), ("t", ""), ("t:x", "a"), ("t", "a b"), ("t" * 65, "a")):
        with pytest.raises(ids.WrongId):
            ids.account_id(tenant, person)


def test_words_in_a_chat() -> None:
    """Profile, route and place come with the words."""
    client = {"type": "clientInfo", "locale": "de-DE", "timezone": "Europe/Berlin"}
    said = parse.message(activity(text=" Hallo *Welt* \n", entities=[client]), KEY)
    assert isinstance(said, Said)
    assert (said.words, said.private, said.thread) == ("Hallo *Welt*", True, "")
    assert (said.account, said.profile.name) == ("teams:t-1:aaaa-1", "Ada")
    assert (said.profile.locale, said.profile.zone) == ("de-DE", "Europe/Berlin")
    assert Route.load(said.route) == Route(
        service_url="https://smba.trafficmanager.net/emea/", conversation="a:1chat", tenant="t-1",
        bot="28:bot", user="29:1x",
    )  # fmt: skip


@pytest.mark.parametrize("zone", ["W. Europe Standard Time", "../../etc/passwd", "", "Mars/Base"])
def test_unknown_zones_and_languages_are_left_out(zone: str) -> None:
    """The core takes IANA names and BCP 47 tags only."""
    said = parse.message(activity(text="x", localTimezone=zone, locale="<b>"), KEY)
    assert isinstance(said, Said)
    assert (said.profile.zone, said.profile.locale) == ("", "")


def mention(who: str, name: str) -> dict[str, Any]:
    return {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": who, "name": name}}


def test_the_bots_name_is_taken_off_and_others_stay() -> None:
    """By the entity of the raw activity, not by guessing in the text."""
    text = "<at>Bot</at>&nbsp;ask <at>Jane Doe</at> about <at>tags</at>\n"
    raw = in_channel(text=text, entities=[mention("28:bot", "Bot"), mention("29:2", "Jane Doe")])
    said = parse.message(raw, KEY)
    assert isinstance(said, Said)
    assert said.words == "ask Jane Doe about <at>tags</at>"
    assert (said.private, said.thread) == (False, "1699")
    assert ids.split_channel(said.place)[1] == CONVERSATION


def test_a_thread_begins_with_its_first_message() -> None:
    """A channel's message that names no thread is one; a group chat has none."""
    first = parse.message(in_channel(thread="", text="x"), KEY)
    assert first is not None
    assert first.thread == "1700"
    group = {"id": "19:g@thread.v2", "conversationType": "groupChat", "isGroup": True}
    chat = parse.message(activity(text="x", conversation=group), KEY)
    assert chat is not None
    assert (chat.private, chat.thread) == (False, "")


@pytest.mark.parametrize(
    "changed",
    [
        {"from": {"id": "28:bot", "aadObjectId": "a"}},
        {"from": {"id": "29:2", "role": "bot", "aadObjectId": "a"}},
        {"from": {"id": "29:2"}},
        {"from": None},
        {"channelData": {}, "conversation": {"id": "a:1"}},
        {"conversation": {"id": ";messageid=1", "tenantId": "T-1"}},
    ],
)
def test_nobody_is_heard_who_is_no_person(changed: dict[str, object]) -> None:
    """Our own echo, other bots, and people without a directory id."""
    assert parse.message(activity(text="x") | changed, KEY) is None


def test_the_same_event_has_the_same_key() -> None:
    """Redelivery has a new token and the same ids; an edit has another type."""
    one, again = parse.event_key(activity(text="x")), parse.event_key(activity(text="x"))
    assert one == again
    assert parse.event_key(activity("messageUpdate")) != one
    assert parse.event_key(in_channel()) != one
    unnamed = parse.event_key(activity(id=None, text="x"))
    assert unnamed == parse.event_key(activity(id=None, text="x"))
    assert unnamed != parse.event_key(activity(id=None, text="y"))


def test_presses_of_both_kinds_of_client() -> None:
    """Execute as an invoke and Submit as a message say the same."""
    data = sealed.action_data(KEY, "need.send", "d1") | {"words": "hello", "verb": "need.send"}
    execute = {"action": {"type": "Action.Execute", "verb": "need.send", "data": data}}
    invoke = in_channel("invoke", name="adaptiveCard/action", value=execute, replyToId="1699")
    read = parse.press(invoke, KEY)
    assert read is not None
    new = read[0]
    old = parse.message(in_channel(value=data, replyToId="1699"), KEY)
    for event in (new, old):
        assert isinstance(event, Pressed)
        assert (event.action, event.argument) == ("need.send", "d1")
        assert event.values == {"words": ("hello",)}
        assert event.message == ids.message_ref("t-1", CONVERSATION, "1699")


def test_a_dialog_comes_back_with_moments() -> None:
    """Date and time are two inputs and one value; half of it is none."""
    when = When(id="at", label="When", asks=Moment.DATE_AND_TIME)
    form = Dialog(
        name="t", title="T", summary="S", parts=(when, Field(id="w", label="W")), action="a",
        submit="S", cancel="C",
    )  # fmt: skip
    data = sealed.dialog_data(KEY, form) | {"at": "2026-11-02", "at~time": "09:30", "w": ""}
    read = parse.task(activity("invoke", value={"data": data}), KEY)
    assert read is not None
    event, sent = read
    assert isinstance(event, Submitted)
    assert sent == form
    assert event.values == {"at": ("2026-11-02T09:30",)}
    half = parse.task(activity("invoke", value={"data": data | {"at~time": ""}}), KEY)
    assert half is not None
    assert isinstance(half[0], Submitted)
    assert half[0].values == {}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (activity("installationUpdate", action="add"), Joined),
        (activity("installationUpdate", action="add-upgrade"), Joined),
        (activity("installationUpdate", action="remove"), Left),
        (activity("installationUpdate", action="remove-upgrade"), type(None)),
        (activity("installationUpdate"), type(None)),
        (activity("conversationUpdate", membersAdded=[{"id": "28:bot"}]), Joined),
        (activity("conversationUpdate", membersRemoved=[{"id": "28:bot"}]), Left),
        (activity("conversationUpdate", membersAdded=[{"id": "29:2"}, None]), type(None)),
        (activity("conversationUpdate", membersAdded="x"), type(None)),
    ],
)
def test_coming_and_going(raw: dict[str, Any], kind: type) -> None:
    """Only the bot's own; an upgrade of the app is no farewell."""
    install = raw["type"] == "installationUpdate"
    assert type(parse.installation(raw) if install else parse.membership(raw)) is kind


def test_a_channels_name_is_told_on_joining() -> None:
    """Where the activity carries it."""
    joined = parse.installation(in_channel("installationUpdate", action="add"))
    assert isinstance(joined, Joined)
    assert joined.channel_name == "Deals"
    assert Route.load(joined.route).name == "Deals"


def test_reactions() -> None:
    """Added or taken away; without a message below it is none."""
    added = parse.reaction(activity(reactionsAdded=[{"type": "like"}], replyToId="5"))
    assert isinstance(added, Reacted)
    assert (added.name, added.removed) == ("like", False)
    gone = parse.reaction(activity(reactionsRemoved=[{"type": "like"}], replyToId="5"))
    assert isinstance(gone, Reacted)
    assert gone.removed
    assert parse.reaction(activity(reactionsAdded=[{"type": "like"}])) is None
    assert parse.reaction(activity(reactionsAdded=[None], replyToId="5")) is None


def test_templates_take_values_with_braces() -> None:
    """A value is never read as a template."""
    assert put("{a} and {b} {c}", a="{b}", b="2") == "{b} and 2 {c}"


@pytest.mark.parametrize("route", ["", "x", "[]", '{"service_url": 7}', '{"new": "y"}'])
def test_routes_of_other_versions_are_empty(route: str) -> None:
    """Nothing is believed of what cannot be read."""
    assert Route.load(route) == Route()
