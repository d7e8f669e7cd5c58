"""Payloads become what was heard; ids come back as they went."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import signing
from adapters.slack import dispatch, manifest, parse
from adapters.slack.reply import Replies
from bot.actions import Action
from bot.heard import Commanded, Joined, Left, Opened, Pressed, Reacted, Said, Submitted

JSON = dict[str, Any]
KEY = b"k" * 32
slack_ids = st.from_regex(r"[UWCDGTE][A-Z0-9]{1,12}", fullmatch=True)


def event(**fields: object) -> JSON:
    return {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": "T1",
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        "event": fields,
    }


def interaction(**fields: object) -> JSON:
    base: JSON = {
        "type": "block_actions",
        "user": {"id": "U2"},
        "team": {"id": "T1", "domain": "acme"},
        "trigger_id": "1.2.3",
    }
    return base | fields


@given(slack_ids, slack_ids, st.sampled_from(("", "1700000000.000100")))
def test_ids_come_back_as_they_went(workspace: str, place: str, ts: str) -> None:
    """One pair of functions writes and reads account, channel and message ids."""
    assert parse.decode(parse.encode(workspace, place, ts)) == parse.Ids(workspace, place, ts)


@pytest.mark.parametrize(
    "id_", ["", "slack", "slack:T1", "teams:T1:U1", "slack::U1", "slack:a:b:c:d"]
)
def test_ids_of_others_are_not_read(id_: str) -> None:
    """A defect elsewhere must not address a stranger."""
    with pytest.raises(ValueError, match="not an id"):
        parse.decode(id_)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_signed_action_comes_back_whole(word: str, argument: str) -> None:
    """The argument may hold anything; the word no bar. Another purpose or key reads nothing."""
    word = word.replace("|", "")
    text = parse.sealed(KEY, parse.ACTION, word, argument)
    assert parse.opened_seal(KEY, parse.ACTION, text) == (word, argument)
    assert parse.opened_seal(KEY, parse.DIALOG, text) == ("", "")
    assert parse.opened_seal(b"x" * 32, parse.ACTION, text) == ("", "")


def test_another_version_of_a_signed_text_is_not_read() -> None:
    """A card of a later version is out of date here."""
    text = signing.sign(KEY, parse.ACTION, "2|menu|")
    assert parse.opened_seal(KEY, parse.ACTION, text) == ("", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a &lt;b&gt; &amp;amp; *c*", "a <b> &amp; *c*"),
        ("<@U2|ben> and <@U3>", "@ben and @U3"),
        ("<#C1|general> <#C2>", "#general #C2"),
        (
            "<!channel> <!here|@here> <!subteam^S1|@it> <!date^1^{date}|noon>",
            "@channel @here @it noon",
        ),
        ("<https://a.example|a> <https://b.example> <mailto:a@b.c>", "a https://b.example a@b.c"),
        ("&lt;!channel&gt;", "<!channel>"),
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
    ],
)
def test_what_was_typed_comes_back(text: str, words: str) -> None:
    """Slack escapes what people type and marks up what it recognises."""
    assert parse.readable(text) == words


def test_a_direct_message_is_heard() -> None:
    """With the conversation as the way back, and without what was not said just now by a person."""
    said = {"type": "message", "channel_type": "im", "user": "U2", "channel": "D2", "text": " hi "}
    heard = parse.said(event(**said))
    assert heard == Said(
        key="slack:Ev1",
        account=parse.account_id("T1", "U2"),
        place=parse.channel_id("T1", "D2"),
        private=True,
        route="D2",
        words="hi",
    )
    assert parse.said(event(**said, subtype="file_share")) == heard
    for other in ({"bot_id": "B1"}, {"subtype": "message_changed"}, {"user": "USLACKBOT"}):
        assert parse.said(event(**(said | other))) is None
    assert parse.said(event(**(said | {"channel_type": "channel"}))) is None
    assert parse.said(event(**(said | {"channel": 7}))) is None


def test_a_mention_is_heard_without_the_name() -> None:
    """It is answered in the thread of the mention, or of what it answered."""
    mention = {"type": "app_mention", "user": "U2", "channel": "C1", "ts": "1.1"}
    heard = parse.mentioned(event(**mention, text="<@UBOT> a <@U3> screen"))
    assert isinstance(heard, Said)
    assert (heard.words, heard.thread, heard.private, heard.route) == (
        "a @U3 screen",
        "1.1",
        False,
        "",
    )
    inside = parse.mentioned(event(**mention, text="<@UBOT|bot>", thread_ts="1.0"))
    assert isinstance(inside, Said)
    assert (inside.words, inside.thread) == ("", "1.0")
    assert parse.mentioned(event(**(mention | {"channel": "D2"}), text="x")) is None


def test_an_organisation_is_the_key_where_the_app_is_installed_in_all_of_it() -> None:
    """The workspace may be null there, and one person has one id in all of them."""
    body = event(type="app_home_opened", user="W2", tab="home", channel="D2")
    body["team_id"] = None
    body["authorizations"] = [
        {"enterprise_id": "E1", "team_id": None, "user_id": "W9", "is_bot": True,
         "is_enterprise_install": True}
    ]  # fmt: skip
    heard = parse.opened(body)
    assert isinstance(heard, Opened)
    assert heard.account == "slack:E1:W2"
    both = interaction(enterprise={"id": "E1"}, is_enterprise_install=True)
    assert parse.workspace_of(both) == "E1"
    assert parse.workspace_of(both | {"is_enterprise_install": False}) == "T1"
    assert parse.workspace_of({"team_id": "T1", "enterprise_id": "E1"}) == "T1"
    assert parse.workspace_of({"enterprise_id": "E1", "is_enterprise_install": "true"}) == "E1"
    assert parse.workspace_of({"view": {"team_id": "T7"}, "team": None}) == "T7"


def test_colleagues_of_the_same_organisation_are_not_foreign() -> None:
    """Their workspace may be another; beyond a channel's organisation everybody else is foreign."""
    said = {"type": "message", "channel_type": "im", "user": "W2", "channel": "D2"}
    assert not parse.foreign(event(**said))
    assert parse.foreign(event(**said, user_team="T9"))
    grid = event(**said, user_team="T5")
    grid["authorizations"] = [{"team_id": "T1", "enterprise_id": "E1", "is_bot": True}]
    assert not parse.foreign(grid)
    grid["event"]["user_team"] = "E1"
    assert not parse.foreign(grid)
    grid["event"]["user_team"] = "E9"
    assert parse.foreign(grid)
    shared = grid | {"is_ext_shared_channel": True, "enterprise_id": "E9", "team_id": "T9"}
    shared["event"] = said | {"user_team": "T5"}
    assert parse.foreign(shared)
    shared["event"] = said | {"team": "T5"}
    assert not parse.foreign(shared)


def test_in_a_shared_channel_the_team_of_a_message_is_its_writers() -> None:
    """The outer ids may be those of the channel's other side; what happens to us is heard."""
    said = {"type": "app_mention", "user": "U2", "channel": "C1"}
    shared = {"team_id": "T9", "enterprise_id": "E9", "is_ext_shared_channel": True}
    assert parse.foreign(event(**said, team="T9") | shared)
    assert not parse.foreign(event(**said, team="T1") | shared)
    assert not parse.foreign(event(**said, team="T9", user_team="T1") | shared)
    joined = {"type": "member_joined_channel", "user": "UBOT", "channel": "C1", "team": "T9"}
    assert not parse.foreign(event(**joined, user_team="T9") | shared)


def test_who_presses_is_foreign_by_the_team_of_the_user() -> None:
    """A view says itself where its app is installed; the rest of a press may be the other side."""
    assert not parse.foreign(interaction())
    assert not parse.foreign(interaction(user={"id": "U2", "team_id": "T1"}))
    away = {"id": "U2", "team_id": "T9"}
    assert parse.foreign(interaction(user=away))
    assert not parse.foreign(interaction(user=away, enterprise={"id": "E1"}))
    assert parse.foreign(
        interaction(user=away, team={"id": "T9"}, view={"app_installed_team_id": "T1"})
    )
    assert parse.foreign(interaction(user={"id": "U2", "is_stranger": True}))
    assert not parse.foreign({"user": away})


def test_only_the_bot_joins_and_leaves() -> None:
    """People come and go without a word."""
    joined = {"type": "member_joined_channel", "channel": "C1", "inviter": "U1"}
    assert isinstance(parse.joined(event(**joined, user="UBOT")), Joined)
    assert parse.joined(event(**joined, user="U2")) is None
    left = {"type": "member_left_channel", "channel": "C1"}
    assert isinstance(parse.left(event(**left, user="UBOT")), Left)
    assert parse.left(event(**left, user="U2")) is None
    gone = parse.left(event(type="channel_left", channel="C1"))
    assert isinstance(gone, Left)
    assert (gone.place, gone.private) == ("slack:T1:C1", False)


def test_a_closed_account_has_left() -> None:
    """Any other change of a person is looked up."""
    heard = parse.closed(event(type="user_change", user={"id": "U5", "deleted": True}))
    assert isinstance(heard, Left)
    assert (heard.account, heard.profile.gone) == ("slack:T1:U5", True)
    changed = event(type="user_change", user={"id": "U5"})
    assert parse.closed(changed) is None
    assert parse.changed(changed) == "slack:T1:U5"
    assert parse.changed(event(type="user_change", user="U5")) is None


def test_reactions_to_the_bots_messages_are_heard() -> None:
    """To other people's messages they are not."""
    reaction = {
        "type": "reaction_added",
        "user": "U2",
        "reaction": "thumbsup",
        "item_user": "UBOT",
        "item": {"type": "message", "channel": "C1", "ts": "1.1"},
    }
    heard = parse.reacted(event(**reaction))
    assert isinstance(heard, Reacted)
    assert (heard.name, heard.message, heard.removed) == ("thumbsup", "slack:T1:C1:1.1", False)
    removed = parse.reacted(event(**(reaction | {"type": "reaction_removed"})))
    assert isinstance(removed, Reacted)
    assert removed.removed
    for other in ({"item_user": "U2"}, {"item": {"type": "file"}}, {"item": 1}, {"user": ""}):
        assert parse.reacted(event(**(reaction | other))) is None
    assert parse.opened(event(type="app_home_opened", user="U2", tab="messages")) is None


def test_a_command_is_private_wherever_it_was_typed() -> None:
    """Its answer is for this person; the direct message it was typed in may be of two people."""
    body = {"command": "/groundswell", "team_id": "T1", "user_id": "U2", "channel_id": "D9",
            "text": " my &amp; needs ", "trigger_id": "1.2"}  # fmt: skip
    heard = parse.commanded(body)
    assert isinstance(heard, Commanded)
    assert (heard.command, heard.words, heard.private, heard.route) == (
        "menu",
        "my & needs",
        True,
        "",
    )
    assert parse.commanded(body | {"user_id": None}) is None


def test_a_press_carries_what_stands_beside_it() -> None:
    """Every kind of input; a person as an account; a date with its time as one value."""
    value = parse.sealed(KEY, "action", "need.send", "d|1")
    several = [{"value": "1"}, {"value": "2"}]
    body = interaction(
        channel={"id": "C1"},
        container={"message_ts": "1.1", "thread_ts": "1.0"},
        message={"ts": "1.1"},
        actions=[{"action_id": "need.send", "value": value}],
        state={
            "values": {
                "a": {"a": {"type": "plain_text_input", "value": "x"}},
                "b": {"b": {"type": "static_select", "selected_option": {"value": "v"}}},
                "c": {"c": {"type": "checkboxes", "selected_options": several}},
                "d": {"d": {"type": "users_select", "selected_user": "U7"}},
                "e": {"e": {"type": "datepicker", "selected_date": "2026-11-09"}},
                "e:time": {"e": {"type": "timepicker", "selected_time": "08:05"}},
                "f": {"f": {"type": "datepicker", "selected_date": None}},
                "f:time": {"f": {"type": "timepicker", "selected_time": "08:05"}},
                "g": {"g": {"type": "something_new", "value": "x"}},
                "h": {"h": {"type": "users_select", "selected_user": None}},
                "i": "nothing",
            }
        },
    )  # fmt: skip
    heard = parse.pressed(body, KEY)
    assert isinstance(heard, Pressed)
    assert (heard.action, heard.argument) == ("need.send", "d|1")
    assert (heard.message, heard.thread, heard.private) == ("slack:T1:C1:1.1", "1.0", False)
    assert heard.values == {
        "a": ("x",), "b": ("v",), "c": ("1", "2"), "d": ("slack:T1:U7",),
        "e": ("2026-11-09T08:05",), "f": (), "g": (), "h": (),
    }  # fmt: skip


def test_a_point_of_a_scale_is_a_value() -> None:
    """Only where the action itself is ours."""
    value = parse.sealed(KEY, "action", "pulse.answer", "3")
    body = interaction(actions=[{"action_id": "pulse.answer:score:8", "value": value}])
    heard = parse.pressed(body, KEY)
    assert isinstance(heard, Pressed)
    assert (heard.values, heard.private, heard.message) == ({"score": ("8",)}, True, "")
    body["actions"][0]["value"] = "forged"
    forged = parse.pressed(body, KEY)
    assert isinstance(forged, Pressed)
    assert (forged.action, forged.values) == ("", {})
    assert parse.pressed(body | {"user": {}}, KEY) is None


def test_a_press_on_a_card_for_one_person_names_no_message() -> None:
    """Slack cannot change it later, so the core must not try."""
    body = interaction(channel={"id": "C1"}, container={"message_ts": "1.1"}, actions=[{}])
    heard = parse.pressed(body, KEY)
    assert isinstance(heard, Pressed)
    assert heard.message == ""


def test_a_dialog_is_heard_once_for_what_was_typed() -> None:
    """The same again is the same event; other words in the same view are another."""

    def view(words: str) -> JSON:
        values = {"words": {"words": {"type": "plain_text_input", "value": words}}}
        state = parse.sealed(KEY, "dialog", "need.changed", "d1")
        return interaction(
            view={"id": "V1", "hash": "h", "private_metadata": state, "state": {"values": values}}
        )

    one, again, other = (parse.submitted(view(words), KEY) for words in ("a", "a", "b"))
    assert isinstance(one, Submitted)
    assert isinstance(other, Submitted)
    assert one == again
    assert (one.action, one.argument, one.values) == ("need.changed", "d1", {"words": ("a",)})
    assert one.key.startswith("slack:V1:h:")
    assert one.key != other.key
    assert parse.submitted(view("a") | {"user": {}}, KEY) is None


def test_a_shortcut_brings_the_message_and_the_way_back() -> None:
    """In a thread the link leads into it; where the domain is strange there is none."""
    body = interaction(
        type="message_action",
        callback_id="need.from_message",
        channel={"id": "C1"},
        message={
            "text": "It &lt;jams&gt;",
            "ts": "1700000000.000100",
            "thread_ts": "1700000000.000001",
        },
    )
    heard = parse.from_message(body)
    assert isinstance(heard, Commanded)
    assert (heard.command, heard.words) == ("need.from_message", "It <jams>")
    assert heard.link == (
        "https://acme.slack.com/archives/C1/p1700000000000100?thread_ts=1700000000.000001&cid=C1"
    )
    assert parse.permalink(body | {"team": {"id": "T1", "domain": "evil.example/"}}) == ""
    assert parse.from_message(body | {"trigger_id": None}) is None
    pressed = parse.shortcut(interaction(type="shortcut", callback_id="need.start"))
    assert isinstance(pressed, Pressed)
    assert pressed.action == "need.start"


def test_the_manifest_asks_for_nothing_that_has_no_route() -> None:
    """And every route's words are the core's."""
    routes = dispatch.table(object.__new__(Replies))  # only its keys are looked at
    asked = {name.partition(".")[0] for name in manifest.EVENTS}
    assert {f"event:{name}" for name in asked} <= set(routes)
    for name in (*dispatch.GLOBAL_SHORTCUTS, *dispatch.MESSAGE_SHORTCUTS):
        assert Action(name)
