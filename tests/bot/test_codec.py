"""What is stored comes back as it was."""

import json
from datetime import UTC, datetime

import pytest

from adapters.voice import voice
from bot.codec import dump, load, load_answer, load_card
from bot.examples import examples
from bot.messages import Answer, Card, Choice, Dialog, Moment, MultiChoice, Option, When

EXAMPLES = examples(voice("en", "UTC"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_card_survives_storage(name: str) -> None:
    """Through JSON and back."""
    card = EXAMPLES[name]
    assert load(json.loads(json.dumps(dump(card)))) == card
    answer = Answer(
        card=card if isinstance(card, Card) else None,
        dialog=card if isinstance(card, Dialog) else None,
        errors={"field": "words"},
        only_you=True,
    )
    assert load_answer(json.loads(json.dumps(dump(answer)))) == answer


def test_inputs_survive_storage() -> None:
    """Dates, enums and options too."""
    option = Option(value="a", label="A")
    card = Card(
        name="x",
        summary="x",
        parts=(
            When(id="w", label="W", asks=Moment.TIME, value=datetime(2026, 1, 2, tzinfo=UTC)),
            Choice(id="c", label="C", options=(option,)),
            MultiChoice(id="m", label="M", options=(option,), chosen=("a",)),
        ),
    )
    assert load_card(json.loads(json.dumps(dump(card)))) == card


def test_fields_of_another_version_are_ignored_and_defaults_taken() -> None:
    """Rows of the version before and after this one still load."""
    data = {"is": "Card", "name": "x", "summary": "x", "parts": [], "colour": "red"}
    assert load(data) == Card(name="x", summary="x", parts=())  # type: ignore[arg-type]


def test_an_unknown_record_is_named() -> None:
    """What this version lacks is said, not guessed."""
    with pytest.raises(ValueError, match="'Hologram'"):
        load({"is": "Hologram"})
