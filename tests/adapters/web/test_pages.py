"""A conversation as one person sees it."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.web import pages, parse
from adapters.web.directory import Colleague, Directory, Room
from bot.ports import ChatLine

NOW = datetime(2026, 1, 2, 23, 30, tzinfo=UTC)
KEY = b"k" * 32


def person(zone: str = "UTC", full_name: str = "Ada Byron King") -> Colleague:
    return Colleague(
        name="ada", full_name=full_name, department="IT", role="Employee", zone=zone, locale="en"
    )


def said(at: datetime, words: str = "x") -> ChatLine:
    place = parse.channel_id("general")
    return ChatLine(id=1, conversation=place, author="ada", words=words, card=None, said_at=at)


def shown(line: ChatLine, viewer: Colleague) -> pages.Line:
    return pages.line(line, viewer, Directory({"ada": viewer}, {}), key=KEY, now=NOW)


@pytest.mark.parametrize(
    ("ago", "zone", "day", "time"),
    [
        (0, "UTC", "Today", "23:30"),
        (0, "Asia/Tokyo", "Today", "08:30"),
        (0, "No/Where", "Today", "23:30"),
        (24, "UTC", "Yesterday", "23:30"),
        (72, "UTC", "Tuesday, 30 December 2025", "23:30"),
    ],
)
def test_times_are_the_viewers_own(ago: int, zone: str, day: str, time: str) -> None:
    """In her zone, with the year only where it is another one."""
    line = shown(said(NOW - timedelta(hours=ago)), person(zone))
    assert (line.day_name, line.time) == (day, time)


def test_a_change_changes_the_version() -> None:
    """The page replaces a line only when it is another one."""
    viewer = person()
    first, same = shown(said(NOW), viewer), shown(said(NOW), viewer)
    assert first.version == same.version != shown(said(NOW, "y"), viewer).version
    assert first.own


def test_a_picture_has_two_letters_at_most() -> None:
    """First and last name; one where there is one."""
    assert person().initials == "AK"
    assert person(full_name="Ada").initials == "A"


def test_each_conversation_says_what_it_is() -> None:
    """Home, the direct conversation and channels have a title and a sentence."""
    everybody = Directory({}, {"it": Room(name="it", title="IT talk")})
    titles = [pages.heading(name, everybody)[0] for name in ("home", "dm-ada", "it", "gone")]
    assert titles == ["Home", "Groundswell", "#IT talk", "#gone"]
