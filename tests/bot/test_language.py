"""Every text is translated, fits where it stands, and none was forgotten."""

import re
import string
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache, reduce

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from adapters.ai.offline import OfflineUnderstanding
from adapters.voice import ACCENTED, FOLDER, MIRRORED, SOURCE, languages, voice
from bot.examples import examples
from bot.messages import Button, Card, Dialog, Option
from tests.repository import ROOT

TRANSLATED = tuple(one for one in languages() if one != SOURCE)
SPOKEN = (SOURCE, *TRANSLATED)
TITLE = 24  # Slack: a modal's title and its two buttons
LABEL = 75  # Slack: the words on a button
# Fields that carry no words of ours: ids, addresses, and what people or their organisation wrote.
NO_WORDS = {"action", "argument", "id", "url", "lang", "chosen", "unit"}
NO_WORDS_OF = {(Card, "name"), (Dialog, "name"), (Option, "value")}
# What people typed in the examples, and what is written the same in every language.
GIVEN = (
    "The printer on the 3rd floor jams *every* morning <!channel> & nobody comes.",
    "How happy are you with IT these days?",
    "New laptops for everyone",
    "From Monday you can pick one of three models.",
    "Ask your champion which one fits.",
    "Much faster laptops this month.",
    "[name] from support was great.",
    "Ines Weber",
    "Finance",
    "#general",
)
DAYS = (
    datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
    datetime(2026, 11, 9, 9, 30, tzinfo=UTC),
)


@cache
def texts() -> frozenset[tuple[str, ...]]:
    """Return what the code asks to be translated: one text, or singular and plural."""
    keywords = {"say": None, "plural": (1, 2)}
    found = set()
    for folder in ("bot", "adapters"):
        for _file, _line, text, _comments, _context in extract_from_dir(
            ROOT / folder, keywords=keywords
        ):
            found.add((text,) if isinstance(text, str) else tuple(text))
    return frozenset(found)


@cache
def catalogue(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language.replace("-", "_"))


def translations(language: str, text: tuple[str, ...]) -> tuple[str, ...]:
    """Return the translation of a text, in all its plural forms; empty where there is none."""
    message = catalogue(language).get(text[0])
    if message is None or not message.string:
        return ()
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def words_of(part: object) -> Iterator[str]:
    """Walk through a card and yield each of its texts."""
    if isinstance(part, Enum):
        return
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from words_of(one)
    elif is_dataclass(part):
        for field in fields(part):
            if field.name not in NO_WORDS and (type(part), field.name) not in NO_WORDS_OF:
                yield from words_of(getattr(part, field.name))


def buttons_of(part: object) -> Iterator[Button]:
    if isinstance(part, Button):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from buttons_of(one)
    elif is_dataclass(part):
        for field in fields(part):
            yield from buttons_of(getattr(part, field.name))


def test_there_is_something_to_translate() -> None:
    """The extraction sees both forms of call; a changed name would make the rest pass idly."""
    assert ("My needs",) in texts()
    assert ("{n} day", "{n} days") in texts()
    assert len(texts()) > 150
    assert "de" in TRANSLATED


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    """None is missing, none is half a plural, and none is left of a text that is gone."""
    missing = [text for text in texts() if not all(translations(language, text) or [""])]
    known = {text[0] for text in texts()}
    stale = [
        message.id
        for message in catalogue(language)
        if message.id
        and (message.id[0] if isinstance(message.id, tuple) else message.id) not in known
    ]
    assert (missing, stale) == ([], [])


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_plural_has_the_forms_of_its_language(language: str) -> None:
    """German has two forms, other languages have one or six."""
    wrong = [
        text
        for text in texts()
        if len(text) > 1 and len(translations(language, text)) != catalogue(language).num_plurals
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_keeps_the_placeholders(language: str) -> None:
    """A lost name loses a number, an invented one stops the card."""
    wrong = [
        (text, translated)
        for text in texts()
        for translated in translations(language, text)
        if placeholders(translated) != placeholders(text[0])
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_doubtful(language: str) -> None:
    """What a tool guessed is marked fuzzy, and a guess is shown to nobody."""
    assert [message.id for message in catalogue(language) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_words_to_type_are_understood(language: str) -> None:
    """A word in quotation marks is a command with the same meaning, or a button's very label."""
    understanding = OfflineUnderstanding()
    for text in texts():
        for translated in translations(language, text):
            theirs = re.findall("„([^“]*)“|«([^»]*)»|“([^”]*)”", translated)
            pairs = zip(re.findall("“([^”]*)”", text[0]), theirs, strict=True)
            for source, found in pairs:
                shown = "".join(found)
                if (source,) in texts():
                    assert (shown,) == translations(language, (source,))
                else:
                    assert understanding.meaning(source, SOURCE) is not None
                    assert understanding.meaning(shown, language) is understanding.meaning(
                        source, SOURCE
                    )


@pytest.mark.parametrize("locale", [ACCENTED, MIRRORED])
def test_every_word_on_every_card_goes_through_the_catalogue(locale: str) -> None:
    """What stands outside the marks was given by people, or is a number or a date."""
    v = voice(locale, "UTC")
    given = [*GIVEN, *(write(day) for day in DAYS for write in (v.moment, v.day))]
    bare = set()
    for name, card in examples(v).items():
        for words in words_of(card):
            outside = reduce(lambda left, one: left.replace(one, ""), given, _outside(words))
            if re.search(r"[^\W\d_]", re.sub(r"\bN-\d+\b", "", outside)):
                bare.add((name, outside))
    assert bare == set()


def _outside(words: str) -> str:
    """Return what stands outside the marks of the pseudo-locales, which may be nested."""
    depth, kept = 0, []
    for letter in words:
        depth += letter == "⟦"
        if not depth:
            kept.append(letter)
        depth -= letter == "⟧"
    return "".join(kept)


@pytest.mark.parametrize("locale", SPOKEN)
def test_titles_and_buttons_of_dialogs_fit(locale: str) -> None:
    """Slack refuses a dialog whose title or button is longer."""
    long = {
        (name, words)
        for name, card in examples(voice(locale, "UTC")).items()
        if isinstance(card, Dialog)
        for words in (card.title, card.submit, card.cancel)
        if len(words) > TITLE
    }
    assert long == set()


@pytest.mark.parametrize("locale", [*SPOKEN, ACCENTED])
def test_labels_of_buttons_fit(locale: str) -> None:
    """Slack refuses a card with a longer label."""
    long = {
        (name, button.label)
        for name, card in examples(voice(locale, "UTC")).items()
        for button in buttons_of(card)
        if len(button.label) > LABEL
    }
    assert long == set()


@pytest.mark.parametrize(("locale", "rtl"), [("en", False), ("de", False), (MIRRORED, True)])
def test_every_card_knows_its_language_and_direction(locale: str, *, rtl: bool) -> None:
    """Renderers lay out by it, and screen readers choose their voice by it."""
    for card in examples(voice(locale, "UTC")).values():
        assert (card.lang, card.rtl) == (locale, rtl)


def test_a_german_receipt_reads_naturally() -> None:
    """Words, day and number in one language, in one sentence."""
    v = voice("de-AT", "Europe/Vienna")
    cards = examples(v)
    receipt = cards["needs.receipt"]
    assert receipt.summary == (
        "N-12 liegt bei der IT. Bis Mo., 9. Nov. 2026 antwortet dir ein Mensch."
    )
    assert v.plural("{n} day", "{n} days", 1) == "1 Tag"
    assert v.plural("{n} day", "{n} days", 1000) == "1.000 Tagen"
