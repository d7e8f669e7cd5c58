"""Cards and answers as canonical JSON: the same card is always the same text."""

import json
from hashlib import sha256

from bot.codec import dump, load_answer, load_card
from bot.messages import Answer, Card


def text_of(record: Card | Answer) -> str:
    """Write a record; in ASCII, so that every database takes every character."""
    return json.dumps(dump(record), sort_keys=True, separators=(",", ":"))


def name_of(text: str) -> str:
    """Name a text by what it says, as SHA-256 in hex."""
    return sha256(text.encode()).hexdigest()


def card_from(text: str) -> Card:
    """Read a card; raise ValueError for one that this version cannot read."""
    try:
        return load_card(json.loads(text))
    except (TypeError, KeyError) as error:
        raise ValueError("the card was written by another version") from error


def answer_from(text: str) -> Answer:
    """Read an answer."""
    return load_answer(json.loads(text))
