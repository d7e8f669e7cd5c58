"""Each story on each platform: from the first word to the stored effect."""

from pathlib import Path

import pytest
from sqlalchemy import text

from storage import SQLStorage
from tests.stories.hands import COLLEAGUES, PLATFORMS, Hands

ON = pytest.mark.parametrize("platform", PLATFORMS)


def stored(database: SQLStorage, query: str) -> list[tuple[object, ...]]:
    """Read from the database that the server has open."""
    with database.database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


async def everybody_says_hello(hands: Hands) -> None:
    """Make people known to the bot."""
    for name in ("cio", *COLLEAGUES):
        await hands.say(name, "hello")
        await hands.read(name, "What would you like to do?")


@ON
async def test_need(platform: str, fresh_database: SQLStorage, tmp_path: Path) -> None:
    """A sentence, its summary, a change in a dialog, the receipt, the list of one's own."""
    async with PLATFORMS[platform](fresh_database, tmp_path) as hands:
        await hands.say("ben", "The *printer* on 3 jams & nobody comes")
        summary = await hands.read("ben", "This is what I understood")
        assert await hands.fill("ben", summary, "need.change", {"words": "   "})
        again = await hands.read("ben", "This is what I understood")
        assert not await hands.fill("ben", again, "need.change", {"words": "Fix the *printer*"})
        changed = await hands.read("ben", "Fix the *printer*")
        assert "N-1 is with IT" in await hands.press("ben", changed, "need.send")
        await hands.say("ben", "my needs")
        await hands.read("ben", "You have asked for 1 thing")
        assert stored(fresh_database, "SELECT words, state FROM need") == [
            ("Fix the *printer*", "acknowledged")
        ]
        assert hands.violations == []


@ON
async def test_pulse(platform: str, fresh_database: SQLStorage, tmp_path: Path) -> None:
    """Asked directly and in the channel, answered with one tap, closed, shown only by rule."""
    async with PLATFORMS[platform](fresh_database, tmp_path) as hands:
        await everybody_says_hello(hands)
        menu = await hands.read("cio", "What would you like to do?")
        (channel,) = stored(fresh_database, "SELECT id FROM channel WHERE active")
        values = {"question": "How happy are you?", "channel": str(channel[0]), "days": "7"}
        assert await hands.fill("cio", menu, "pulse.compose", {**values, "question": "  "})
        assert not await hands.fill("cio", menu, "pulse.compose", values)
        for name in COLLEAGUES:
            asked = await hands.read(name, "How happy are you?")
            assert "Your answer is in" in await hands.press(name, asked, "pulse.answer", "8")
        live = await hands.read_channel("At least 5 have answered")
        assert "Your answer is in" in await hands.press("cio", live, "pulse.answer", "3")
        control = await hands.read("cio", "Your pulse is running")
        await hands.press("cio", control, "pulse.close")
        await hands.read("cio", "At least 5 people answered")
        await hands.read_channel("At least 5 people answered")
        scores = stored(fresh_database, "SELECT score FROM answer ORDER BY score")
        assert scores == [(3,), *([(8,)] * len(COLLEAGUES))]
        assert stored(fresh_database, "SELECT count(*) FROM sealed") == [(0,)]
        assert hands.violations == []


@ON
async def test_announcement(platform: str, fresh_database: SQLStorage, tmp_path: Path) -> None:
    """Drafted, shown to its author, confirmed with the count, delivered to all, counted."""
    async with PLATFORMS[platform](fresh_database, tmp_path) as hands:
        await everybody_says_hello(hands)
        menu = await hands.read("cio", "What would you like to do?")
        values = {"title": "New laptops", "words": "From *Monday* <!channel>", "channel": "-"}
        assert await hands.fill("cio", menu, "announcement.compose", {**values, "title": "  "})
        assert not await hands.fill("cio", menu, "announcement.compose", values)
        await hands.read("cio", "Monday")
        control = await hands.read("cio", "7 people, in direct messages")
        await hands.press("cio", control, "announcement.send")
        for name in COLLEAGUES:
            await hands.read(name, "Monday")
        await hands.read("cio", "Your announcement is delivered")
        tally = "SELECT state, count(*) FROM delivery WHERE batch = 'announcement:1' GROUP BY 1"
        assert stored(fresh_database, tally) == [("sent", 7)]
        assert hands.violations == []
