"""Ids and posts of the page."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import signing
from adapters.web import parse
from bot.actions import Action
from bot.heard import Commanded, MessageRef, Profile, Said
from bot.messages import (
    Choice,
    Dialog,
    Field,
    MultiChoice,
    Option,
    Part,
    PersonChoice,
    Scale,
    When,
)

KEY = b"k" * 32
NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,40}", fullmatch=True).filter(
    lambda name: not name.startswith("dm-")
)


def form(conversation: str = "dm-ada", **fields: str | tuple[str, ...]) -> parse.Form:
    values = {"key": ("12345678",)} | {
        name.replace("__", "."): (value,) if isinstance(value, str) else value
        for name, value in fields.items()
    }
    return parse.Form(
        person="ada", conversation=conversation, profile=Profile(name="Ada"), fields=values
    )


def dialog(*parts: Part, lang: str = "en") -> Dialog:
    return Dialog(
        name="d",
        title="D",
        summary="A dialog",
        parts=parts,
        action=Action.NEED_CHANGED,
        argument="7",
        submit="Send",
        cancel="Cancel",
        lang=lang,
    )


@given(NAMES)
def test_ids_come_back_as_they_went(name: str) -> None:
    """Each id has one decoder, and a direct conversation is nobody's account."""
    assert parse.person_of(parse.account_id(name)) == name
    assert parse.conversation_of(parse.channel_id(name)) == name
    direct = parse.channel_id(parse.direct(name))
    assert parse.conversation_of(direct) == parse.direct(name)
    assert parse.is_direct(parse.conversation_of(direct))
    assert parse.person_of(parse.account_id(parse.direct(name))) == ""


@given(st.integers(min_value=1, max_value=10**15))
def test_messages_come_back_as_they_went(line: int) -> None:
    """A line's number is its message."""
    assert parse.line_of(parse.message_ref(line)) == line


@pytest.mark.parametrize(
    "reference", ["", "web:demo:", "web:demo:x", "web:demo:0", "web:demo:-1", "slack:T1:C1:1.2"]
)
def test_what_is_no_message_of_ours_is_none(reference: str) -> None:
    """Other platforms' messages and garbage lead nowhere."""
    assert parse.line_of(MessageRef(reference)) == 0


def test_words_in_private_are_said_to_the_bot() -> None:
    """Line ends come as the web sends them and are heard as everybody else's."""
    heard = parse.said(form(words="  one\r\ntwo "))
    assert isinstance(heard, Said)
    assert (heard.words, heard.private, heard.place) == ("one\ntwo", True, "web:demo:dm-ada")


def test_words_in_a_channel_need_a_mention() -> None:
    """People talk to each other; only what mentions the bot is for it."""
    assert parse.said(form("general", words="lunch?")) is None
    heard = parse.said(form("general", words="@Groundswell, the printer jams"))
    assert isinstance(heard, Said)
    assert (heard.words, heard.private) == ("the printer jams", False)


def test_the_command_works_everywhere() -> None:
    """As on Slack, with words behind it or without."""
    heard = parse.said(form("general", words="/groundswell my needs"))
    assert isinstance(heard, Commanded)
    assert (heard.command, heard.words) == (Action.MENU, "my needs")


def test_a_press_carries_action_inputs_and_message() -> None:
    """What stands in the card's inputs comes with the button."""
    signed = parse.signed_action(KEY, "need.send", "a|b")
    heard = parse.pressed(form(press=signed, line="12", in__x=("1", "2")), KEY)
    assert heard is not None
    assert (heard.action, heard.argument, heard.message) == ("need.send", "a|b", "web:demo:12")
    assert heard.values == {"x": ("1", "2")}


def test_a_tap_carries_its_point() -> None:
    """A point of a scale is a press with a value."""
    signed = parse.signed_action(KEY, "pulse.answer", "3")
    heard = parse.pressed(form(tap__score=f"9|{signed}"), KEY)
    assert heard is not None
    assert (heard.action, heard.argument, heard.values) == ("pulse.answer", "3", {"score": ("9",)})


@pytest.mark.parametrize(
    "signed",
    [
        "x",
        "",
        "bad.1|need.send|a",
        signing.sign(KEY, "action", "2|need.send|a"),
        signing.sign(KEY, "dialog", "1|need.send|a"),
        signing.sign(b"other", "action", "1|need.send|a"),
    ],
)
def test_a_button_that_is_not_ours_has_no_action(signed: str) -> None:
    """The core then says that the card is out of date."""
    assert parse.unsigned(signed, KEY) == ("", "")


def test_two_buttons_of_one_form_are_two_events() -> None:
    """The page's key is the form's; the button is part of what makes a press one event."""
    keys = {
        press.key
        for argument in ("1", "2")
        for _ in range(2)
        if (press := parse.pressed(form(press=parse.signed_action(KEY, "a", argument)), KEY))
    }
    assert len(keys) == 2


def test_nothing_pressed_is_no_event() -> None:
    """A form sent without a button means nothing."""
    assert parse.pressed(form(), KEY) is None


def test_a_dialog_travels_in_its_form() -> None:
    """Signed, whole, and only with its own inputs' values."""
    asked = dialog(Field(id="words", label="Words"), MultiChoice(id="m", label="M", options=()))
    sent = form(
        dialog=parse.signed_dialog(KEY, asked),
        in__words=("a\r\nb", "second"),
        in__m=("x", "y"),
        in__foreign="z",
    )
    assert parse.dialog_of(sent, KEY) == asked
    heard = parse.submitted(sent, asked)
    assert heard.values == {"words": ("a\nb",), "m": ("x", "y")}
    assert (heard.action, heard.argument) == (Action.NEED_CHANGED, "7")


@pytest.mark.parametrize(
    "state",
    [
        "",
        "x.y",
        signing.sign(KEY, "dialog", "1|{"),
        signing.sign(KEY, "dialog", '1|{"is": "Gone"}'),
        signing.sign(KEY, "dialog", '1|{"is": "Text", "words": "no dialog"}'),
        signing.sign(KEY, "dialog", '1|{"is": "Dialog"}'),
        signing.sign(KEY, "dialog", "0|{}"),
        signing.sign(KEY, "action", '1|{"is": "Dialog"}'),
    ],
)
def test_a_dialog_that_is_not_ours_is_none(state: str) -> None:
    """Invented, cut, of another version or another kind: out of date."""
    assert parse.dialog_of(form(dialog=state), KEY) is None


CHOOSE = "Please choose one of the entries."
YES = (Option(value="y", label="Yes"),)


@pytest.mark.parametrize(
    ("part", "given", "words"),
    [
        (Field(id="a", label="A"), (" \n ",), "Please fill this in."),
        (Field(id="a", label="A", optional=True), (), ""),
        (
            Field(id="a", label="A", max_length=3),
            ("four",),
            "This is 4 characters long; 3 are possible.",
        ),
        (Choice(id="a", label="A", options=YES), ("n",), CHOOSE),
        (Choice(id="a", label="A", options=YES), ("y",), ""),
        (MultiChoice(id="a", label="A", options=YES), ("y", "n"), CHOOSE),
        (Scale(id="a", label="A", low_label="", high_label=""), ("11",), CHOOSE),
        (Scale(id="a", label="A", low_label="", high_label=""), ("10",), ""),
        (PersonChoice(id="a", label="A", known=YES), ("n",), CHOOSE),
        (PersonChoice(id="a", label="A"), ("web:demo:x",), ""),
        (When(id="a", label="A", value=datetime(2026, 1, 2, tzinfo=UTC)), ("2026-01-02",), ""),
    ],
)  # fmt: skip
def test_a_dialog_is_checked_as_other_platforms_do(
    part: Part, given: tuple[str, ...], words: str
) -> None:
    """Slack and Teams check before they send; here the server does, and keeps what was typed."""
    wrong = parse.faults(dialog(part), {"a": given})
    assert wrong == ({"a": words} if words else {})


def test_faults_are_told_in_the_dialogs_language() -> None:
    """German dialogs are corrected in German."""
    wrong = parse.faults(dialog(Field(id="a", label="A"), lang="de-CH"), {})
    assert wrong == {"a": "Bitte ausfüllen."}
