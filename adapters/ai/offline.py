"""Tell the meaning of short texts by lists of phrases, language by language.

Only a text that *is* a known phrase has a meaning: "help" asks for help, "help, the printer is on
fire" is a need. The lists are compared without case, punctuation and politeness.
"""

import re
import unicodedata

from bot.ports import Meaning

_PHRASES: dict[Meaning, str] = {
    Meaning.HELP: "help|help me|what can you do|how does this work|?|hilfe|was kannst du"
    "|wie funktioniert das|/help",
    Meaning.CANCEL: "cancel|stop|abort|never mind|nevermind|forget it|quit|abbrechen|abbruch"
    "|stopp|vergiss es|doch nicht",
    Meaning.BACK: "back|go back|undo|previous|zurück|zurueck|einen schritt zurück",
    Meaning.SEND: "send|send it|yes|yes send|yes send it|ok|okay|confirm|submit|go|senden|sende"
    "|abschicken|absenden|ja|ja senden|passt",
    Meaning.CHANGE: "change|change it|edit|correct|no|nope|ändern|aendern|bearbeiten|nein",
    Meaning.HOME: "home|overview|start page|übersicht|uebersicht|startseite",
    Meaning.MY_NEEDS: "my needs|my need|needs|my requests|what happened to my need"
    "|what happened to what i asked|status|meine bedarfe|mein bedarf|meine anliegen"
    "|meine anfragen|was wurde aus meinem anliegen",
    Meaning.PULSE: "pulse|start a pulse|start pulse|new pulse|survey|puls|puls starten|umfrage"
    "|neue umfrage|stimmungsbild",
    Meaning.ANNOUNCE: "announce|announcement|new announcement|make an announcement|ankündigen"
    "|ankuendigen|ankündigung|mitteilung|neue mitteilung",
    Meaning.GREETING: "hi|hello|hey|hi there|hello there|good morning|good afternoon|menu|start"
    "|hallo|guten morgen|guten tag|moin|servus|grüezi|menü",
}
_LONGEST = 60
_POLITE = re.compile(r"\b(?:please|thanks|thank you|bitte|danke|groundswell)\b")
_EDGES = re.compile(r"[\s.!,;:…]+")


def _plain(words: str) -> str:
    folded = unicodedata.normalize("NFC", words).casefold()
    return " ".join(_EDGES.sub(" ", _POLITE.sub(" ", folded)).split())


class OfflineUnderstanding:
    """The deterministic understanding; safe to share between threads."""

    def __init__(self) -> None:
        """Index all phrases."""
        self._index = {
            _plain(phrase): meaning
            for meaning, phrases in _PHRASES.items()
            for phrase in phrases.split("|")
        }

    def meaning(self, words: str, locale: str) -> Meaning | None:  # noqa: ARG002 - phrases of all languages are known to all: people mix them
        """Return the meaning of a short text, None when it is the person's own concern."""
        if len(words) > _LONGEST:
            return None
        plain = _plain(words)
        if plain.endswith("?") and len(plain) > 1:
            plain = plain.rstrip("? ")
        return self._index.get(plain)
