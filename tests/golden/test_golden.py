"""Every card's renderings equal the kept ones; `pytest --update` writes them anew for review."""

from pathlib import Path

import pytest

from adapters import plain, preview
from adapters.voice import voice
from bot.examples import examples
from bot.messages import Card, Dialog, Surface
from tests.fakes import adaptivecards, blockkit

CARDS = examples(voice("en", "UTC"))
FOLDER = Path(__file__).parent
RENDERERS = {
    "slack.json": lambda card: preview.as_json(preview.slack(card)),
    "teams.json": lambda card: preview.as_json(preview.teams(card)),
    "web.html": preview.web,
    "text": plain.render,
}
LANGUAGES = ("en", "de", "en-XA", "ar-XB")


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("name", CARDS)
def test_a_card_looks_as_it_did(name: str, form: str, pytestconfig: pytest.Config) -> None:
    """A change of what people see is a change of these files, seen in review."""
    path = FOLDER / f"{name}.{form}"
    shown = RENDERERS[form](CARDS[name]).rstrip() + "\n"
    if pytestconfig.getoption("update"):
        path.write_text(shown, encoding="utf-8")
    assert path.exists(), f"run pytest --update {__file__} and look at {path.name}"
    assert path.read_text(encoding="utf-8") == shown


def test_no_golden_is_left_of_a_card_that_is_gone() -> None:
    """Every file here belongs to a card."""
    kept = {p.name for p in FOLDER.iterdir() if p.suffix not in {".py", ""}}
    assert kept == {f"{name}.{form}" for name in CARDS for form in RENDERERS}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CARDS)
def test_both_platforms_would_take_every_card(name: str, language: str) -> None:
    """Schema, SDK models and limits of Slack, schema and rules of Teams: no complaint."""
    card = examples(voice(language, "Europe/Berlin"))[name]
    rendered = preview.slack(card)
    assert isinstance(rendered, dict)
    if isinstance(card, Dialog):
        assert blockkit.judge(rendered, "modal") == []
        assert adaptivecards.judge(preview.teams(card), dialog=True) == []
        return
    if card.surface is Surface.HOME:
        assert blockkit.judge(rendered, "home") == []
    else:
        assert blockkit.judge(rendered["blocks"], "message") == []
    assert adaptivecards.judge(preview.teams(card)) == []


@pytest.mark.parametrize("name", CARDS)
def test_the_plain_text_has_every_word_of_the_card(name: str) -> None:
    """Who hears a card read out hears all of it: each number, label and quote."""
    card = CARDS[name]
    spoken = plain.render(card)
    assert spoken.startswith(card.summary if isinstance(card, Card) else card.title)
    for part in card.parts:
        for words in _words(part):
            for line in words.split("\n"):
                assert line in spoken


def _words(part: object) -> list[str]:
    found = []
    for slot in ("words", "caption", "title"):
        value = getattr(part, slot, "")
        if isinstance(value, str) and value:
            found.append(value)
    for fact in getattr(part, "facts", ()):
        found += [fact.label, fact.value]
    for series in getattr(part, "series", ()):
        found += [point.label for point in series.points]
    return found
