"""What the bot says about itself and to people it meets."""

from bot.messages import Card, Text
from bot.ports import Voice


def try_again(v: Voice) -> Card:
    """Say that nothing was stored and that trying again is safe."""
    words = v.say(
        "That did not work just now, and nothing was stored. Please try again in a minute."
    )
    return Card(
        name="people.try_again",
        summary=words,
        parts=(Text(words=words),),
        lang=v.locale,
        rtl=v.rtl,
    )
