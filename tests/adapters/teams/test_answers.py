"""The core's answers as replies to invokes: each a full body that Teams accepts."""

import json
from typing import Any

import pytest

from adapters.teams import inputs, parse, sealed
from adapters.teams.answers import Answering
from adapters.teams.words import ENGLISH
from bot.heard import Pressed, Submitted
from bot.messages import (
    NOTHING,
    Answer,
    Button,
    Buttons,
    Card,
    Dialog,
    Field,
    Moment,
    Text,
    When,
)
from tests.fakes.teams import FakeTeams
from tests.fakes.teams.answers import dialog_faults, press_faults
from tests.fakes.teams.delivery import Answer as Reply

KEY = b"k" * 32
ANSWERING = Answering(key=KEY, words=ENGLISH)
PRESS = Buttons(buttons=(Button(label="Go", action="menu"),))
CARD = Card(name="t", summary="The summary", parts=(Text(words="hello"), PRESS))
BARE = Card(name="t", summary="The summary", parts=())
FORM = Dialog(
    name="t", title="Title", summary="S", action="a.b", argument="7", submit="Send", cancel="No",
    parts=(Field(id="w", label="Words"), When(id="at", label="When", asks=Moment.TIME)),
)  # fmt: skip
TEAMS = FakeTeams()


def heard(data: dict[str, Any]) -> tuple[Pressed | Submitted, Dialog | None]:
    ada = TEAMS.user("ada")
    raw = ada.activity("invoke", ada.chat, {"name": "task/submit", "value": {"data": data}})
    read = parse.task(raw, KEY)
    assert read is not None
    event, form = read
    assert isinstance(event, Pressed | Submitted)
    return event, form


PRESSED = heard(sealed.action_data(KEY, "menu", ""))
SENT = heard(sealed.dialog_data(KEY, FORM) | {"w": "typed", "at": "09:30"})
ANSWERS = {
    "nothing": NOTHING,
    "card": Answer(card=CARD),
    "card without parts": Answer(card=BARE),
    "dialog": Answer(dialog=FORM),
    "errors": Answer(errors={"w": "Say more"}),
    "errors and dialog": Answer(dialog=FORM, errors={"w": "Say more"}),
}


def reply(body: bytes) -> Reply:
    return Reply(200, "application/json", body, 0.0)


@pytest.mark.parametrize("name", sorted(ANSWERS))
@pytest.mark.parametrize(("event", "form"), [PRESSED, SENT], ids=["pressed", "sent"])
def test_every_answer_is_a_full_body(
    name: str, event: Pressed | Submitted, form: Dialog | None
) -> None:
    """To a press as to a dialog, whatever the core says."""
    pressed = ANSWERING.to_press(ANSWERS[name], event, form)
    assert press_faults(reply(pressed)) == []
    task = ANSWERING.to_task(ANSWERS[name], event, form)
    assert dialog_faults(reply(task)) == []


def test_errors_keep_what_was_typed() -> None:
    """In a window and in a card alike."""
    event, form = SENT
    for body in (
        ANSWERING.to_task(ANSWERS["errors"], event, form),
        ANSWERING.to_press(ANSWERS["errors"], event, form),
    ):
        assert "⚠ Say more" in body.decode()
        assert '"value":"typed"' in body.decode()
        assert '"value":"09:30"' in body.decode()


def test_a_form_in_a_message_is_heard_as_a_dialog() -> None:
    """Its button brings the dialog back, like that of a window."""
    event, form = PRESSED
    content = json.loads(ANSWERING.to_press(Answer(dialog=FORM), event, form))["value"]
    data = content["actions"][0]["data"]
    again, sent = heard(data | {"w": "x"})
    assert isinstance(again, Submitted)
    assert (again.action, again.argument, sent) == ("a.b", "7", FORM)


def test_apologies_and_refusals_fit_their_invokes() -> None:
    """An error for a press, a sentence for a dialog, never an empty body."""
    assert press_faults(reply(ANSWERING.sorry(CARD, task=False))) == []
    assert dialog_faults(reply(ANSWERING.sorry(CARD, task=True))) == []
    assert press_faults(reply(ANSWERING.malformed(task=False))) == []
    assert dialog_faults(reply(ANSWERING.malformed(task=True))) == []
    assert press_faults(reply(ANSWERING.unknown())) == []


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("2026-11-02T09:30", True),
        ("2026-11-02", True),
        ("09:30", True),
        ("soon", False),
        ("", False),
    ],
)
def test_moments_that_were_typed(value: str, *, known: bool) -> None:
    """What no clock shows is shown empty again."""
    assert (inputs.moment(value) is not None) is known
