"""Cards and dialogs as Teams shows them, judged as Teams and its reviewers judge."""

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from adapters.teams import render, sealed
from bot.messages import (
    Card,
    Dialog,
    Field,
    Part,
)
from tests.card_strategies import cards, dialogs
from tests.fakes.adaptivecards import judge, walk

KEY = b"k" * 32
# Cards are large: finding the smallest failing one takes minutes and tells no more.
SLOW = settings(
    max_examples=60,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def card(*parts: Part, **more: object) -> Card:
    return Card(name="test", summary="A summary", parts=parts, **more)


def form(*parts: Part, **more: object) -> Dialog:
    return Dialog(
        name="test", title="Title", summary="A summary", parts=parts, action="need.changed",
        submit="Send", cancel="Cancel", argument="7", **more,
    )  # fmt: skip


def drawn(*parts: Part, **more: object) -> dict[str, Any]:
    content = render.message(card(*parts, **more), key=KEY)
    assert judge(content) == []
    return content


def texts(content: Mapping[str, Any]) -> Iterator[str]:
    for spot in walk(content):
        if spot.replaces is None and isinstance(spot.node.get("text"), str):
            yield spot.node["text"]


def actions(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    spots = walk(content)
    return [s.node for s in spots if s.replaces is None and s.kind.startswith("Action.")]


@SLOW
@given(cards())
def test_any_card_is_a_good_message(any_card: Card) -> None:
    """No text and no number of parts makes a card that Teams refuses or a reviewer faults."""
    assert judge(render.message(any_card, key=KEY)) == []


@SLOW
@given(cards())
def test_any_card_can_stand_in_a_dialog(any_card: Card) -> None:
    """The same card answers through Action.Submit where Execute does not work."""
    assert judge(render.inside(any_card, key=KEY), dialog=True) == []


@SLOW
@given(dialogs())
def test_any_dialog_is_good_with_and_without_errors(any_dialog: Dialog) -> None:
    """Errors of known and unknown fields are shown, and the dialog comes back from its button."""
    errors = {part.id: "Please say more" for part in any_dialog.parts if isinstance(part, Field)}
    content = render.dialog(any_dialog, key=KEY, errors=errors | {"nobody": "Something else"})
    assert judge(content, dialog=True) == []
    sent = sealed.read_dialog(KEY, content["actions"][0]["data"])
    assert sent is not None
    assert (sent.action, sent.argument) == (any_dialog.action, any_dialog.argument)
