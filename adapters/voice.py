"""Languages: catalogues read from ``bot/locale`` at start, numbers and dates by Babel's data.

``en`` is the source. Two pseudo-locales find what was not translated: ``en-XA`` accents and
brackets every text, ``ar-XB`` also runs from right to left.
"""

import gettext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import babel
from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import bot

SOURCE = "en"
ACCENTED, MIRRORED = "en-XA", "ar-XB"
FOLDER = Path(bot.__file__).parent / "locale"
_ACCENTS = str.maketrans("aeiouncAEIOUNC", "áéíöüñçÁÉÍÖÜÑÇ")


def pseudo(text: str) -> str:
    """Return a text as the pseudo-locales show it; ``{names}`` stay as they are."""
    pieces = text.replace("{", "\0{").replace("}", "}\0").split("\0")
    accented = (p if p.startswith("{") else p.translate(_ACCENTS) for p in pieces)
    return f"⟦{''.join(accented)}⟧"


@lru_cache(maxsize=32)
def _texts(locale: str) -> gettext.NullTranslations:
    path = FOLDER / f"{locale}.po"
    if not path.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale.replace("-", "_")))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def languages() -> tuple[str, ...]:
    """Return the languages that have real translations, the source first."""
    return (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))


@lru_cache(maxsize=256)
def supported(locale: str) -> str:
    """Return the language to speak for a BCP 47 tag: itself, its base language, or English."""
    tag = locale.replace("_", "-")
    if tag in (ACCENTED, MIRRORED):
        return tag
    for candidate in (tag, tag.split("-", 1)[0].lower()):
        if candidate in languages():
            return candidate
    return SOURCE


@dataclass(frozen=True, slots=True)
class BabelVoice:
    """Speak one language in one zone."""

    locale: str
    zone: tzinfo = UTC
    _formats: babel.Locale = field(default_factory=lambda: babel.Locale("en"))

    @property
    def rtl(self) -> bool:
        """True where the script runs from right to left."""
        return bool(self._formats.text_direction == "rtl")

    def say(self, text: str, /, **values: str) -> str:
        """Translate English source text, then put ``values`` into its ``{names}``."""
        found = pseudo(text) if self._pseudo else _texts(self.locale).gettext(text)
        return found.format_map(values)

    def plural(self, one: str, many: str, n: int, /, **values: str) -> str:
        """Translate with the plural form for ``n``; ``{n}`` is the formatted number."""
        found = _texts(self.locale).ngettext(one, many, n)
        shown = pseudo(found) if self._pseudo else found
        return shown.format_map({"n": self.number(n), **values})

    def number(self, value: float, /, digits: int = 0) -> str:
        """Write a number as this language does, with ``digits`` decimals."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return numbers.format_decimal(value, format=pattern, locale=self._formats)

    def percent(self, share: float, /) -> str:
        """Write a share in 0..1 as a whole percentage."""
        return numbers.format_percent(share, locale=self._formats)

    def day(self, when: date | datetime, /) -> str:
        """Write a day with its weekday, in this person's zone."""
        local = when.astimezone(self.zone) if isinstance(when, datetime) else when
        skeleton = "yMMMEd"
        return dates.format_skeleton(skeleton, local, tzinfo=self.zone, locale=self._formats)

    def moment(self, when: datetime, /) -> str:
        """Write day, time and zone, in this person's zone."""
        local = when.astimezone(self.zone)
        time = dates.format_time(local, "short", tzinfo=self.zone, locale=self._formats)
        return f"{self.day(when)}, {time} {local.tzname()}"

    @property
    def _pseudo(self) -> bool:
        return self.locale in (ACCENTED, MIRRORED)


@lru_cache(maxsize=1024)
def voice(locale: str, zone: str) -> BabelVoice:
    """Return the voice for a language and a zone; unknown ones fall back to English and UTC."""
    spoken = supported(locale)
    formats = {ACCENTED: "en", MIRRORED: "ar"}.get(spoken) or _formats_of(locale, spoken)
    return BabelVoice(spoken, _zone(zone), babel.Locale.parse(formats, sep="-"))


def _formats_of(locale: str, spoken: str) -> str:
    """Keep the region's number and date formats where its language is spoken: de-CH, en-GB."""
    tag = locale.replace("_", "-")
    try:
        parsed = babel.Locale.parse(tag, sep="-")
    except (ValueError, babel.UnknownLocaleError):
        return spoken
    return tag if parsed.language == spoken else spoken


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
