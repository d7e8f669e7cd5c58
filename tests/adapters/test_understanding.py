"""Only a text that is a known phrase has a meaning."""

import pytest

from adapters.ai.offline import OfflineUnderstanding
from bot.ports import Meaning


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("help", Meaning.HELP),
        ("  HELP!! ", Meaning.HELP),
        ("?", Meaning.HELP),
        ("Hilfe, bitte", Meaning.HELP),
        ("please cancel", Meaning.CANCEL),
        ("Vergiss es.", Meaning.CANCEL),
        ("zurück", Meaning.BACK),
        ("Yes, send it please", Meaning.SEND),
        ("no", Meaning.CHANGE),
        ("What happened to what I asked?", Meaning.MY_NEEDS),
        ("Meine Anliegen", Meaning.MY_NEEDS),
        ("pulse", Meaning.PULSE),
        ("announcement", Meaning.ANNOUNCE),
        ("Übersicht", Meaning.HOME),
        ("Moin", Meaning.GREETING),
        ("help, the printer is on fire", None),
        ("cancel my old mailbox", None),
        ("Can I get a second screen?", None),
        ("", None),
        ("🖨️", None),
        ("x" * 100_000, None),
    ],
)
def test_meanings(words: str, meaning: Meaning | None) -> None:
    """A need that begins like a command is still a need."""
    assert OfflineUnderstanding().meaning(words, "en") is meaning
