"""One example of every card and dialog, for goldens, previews and tests of languages."""

from bot.announcements import cards as announcements
from bot.messages import Card, Dialog
from bot.needs import cards as needs
from bot.people import cards as people
from bot.ports import Voice
from bot.pulses import cards as pulses


def examples(v: Voice) -> dict[str, Card | Dialog]:
    """Return examples by name; a further example of one card gets a number behind its name."""
    found: dict[str, Card | Dialog] = {}
    for feature in (people, needs, pulses, announcements):
        for card in feature.examples(v):
            name, number = card.name, 1
            while name in found:
                number += 1
                name = f"{card.name}-{number}"
            found[name] = card
    return found
