"""Languages, formats, zones and directions."""

from datetime import UTC, date, datetime

import pytest

from adapters.voice import languages, pseudo, supported, voice

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("de", "de"),
        ("de-CH", "de"),
        ("de_AT", "de"),
        ("DE", "de"),
        ("xx", "en"),
        ("", "en"),
        ("../../etc", "en"),
        ("en-XA", "en-XA"),
        ("ar-XB", "ar-XB"),
    ],
)
def test_the_nearest_language_is_spoken(asked: str, spoken: str) -> None:
    """Itself, its base language, else English."""
    assert supported(asked) == spoken
    assert voice(asked, "").locale == spoken


def test_there_is_a_second_language() -> None:
    """English is the source, German is real."""
    assert languages()[0] == "en"
    assert "de" in languages()
    assert voice("de", "").say("Cancel") == "Abbrechen"


def test_numbers_dates_and_zones_follow_the_person() -> None:
    """Formats by region, times in the person's own zone and named so."""
    assert voice("en", "").number(12345.6, 1) == "12,345.6"
    assert voice("de", "").number(12345.6, 1) == "12.345,6"
    assert voice("en", "").percent(0.45) == "45%"
    assert voice("en", "").day(date(2026, 11, 2)) == "Mon, Nov 2, 2026"
    assert voice("en-GB", "").day(NOON) == "Mon, 2 Nov 2026"
    assert voice("en", "Asia/Kolkata").moment(NOON) == "Mon, Nov 2, 2026, 5:30\u202fPM IST"
    assert voice("en", "Pacific/Kiritimati").day(NOON) == "Tue, Nov 3, 2026"
    assert voice("en", "Mars/Base").moment(NOON).endswith("UTC")


def test_plurals_and_values() -> None:
    """The formatted number and other values go in; braces of people's words are no formats."""
    english = voice("en", "")
    assert english.plural("{n} day", "{n} days", 1) == "1 day"
    assert english.plural("{n} day", "{n} days", 2000) == "2,000 days"
    assert english.say("From {name}", name="{x} %s") == "From {x} %s"
    assert voice("de", "").plural("{n} day", "{n} days", 2) == "2 Tagen"


def test_pseudo_locales_mark_every_text_and_keep_names() -> None:
    """What is not between the brackets was not translated."""
    assert pseudo("Hello {name}, open it") == "⟦Héllö {name}, öpéñ ít⟧"
    assert voice("en-XA", "").plural("{n} day", "{n} days", 2) == "⟦2 dáys⟧"
    assert not voice("en-XA", "").rtl
    assert voice("ar-XB", "").rtl
