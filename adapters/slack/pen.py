"""How texts are written into blocks: safe, visible, short enough, in their direction."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from adapters import plain
from adapters.slack import limits
from bot.messages import fit

JSON: TypeAlias = dict[str, Any]

NOTHING = "—"
_RTL_MARK = "\u200f"


def short(words: str, most: int) -> str:
    """Shorten visibly to what Slack counts as ``most`` characters: UTF-16 units, the stricter."""
    if units(words) <= most:
        return words
    room = most
    while over := max(0, units(kept := fit(words, room)) - most):
        room -= (over + 1) // 2
    return kept


@dataclass(slots=True, kw_only=True)
class Pen:
    """How texts are written on one surface, and what stands there already."""

    surface: str
    lang: str
    rtl: bool
    key: bytes
    limit: int = limits.PLAIN_TEXT
    charts: int = 0
    tables: int = 0
    names: set[str] = field(default_factory=set)

    def again(self, limit: int) -> "Pen":
        """Return a pen for an empty surface, with another longest text."""
        return Pen(surface=self.surface, lang=self.lang, rtl=self.rtl, key=self.key, limit=limit)

    def text(self, words: str, most: int) -> str:
        """Return words that are safe, visible and short enough."""
        lead = _RTL_MARK if self.rtl else ""
        return lead + short(visible(sound(words)), min(most, self.limit) - len(lead))

    def plain(self, words: str, most: int) -> JSON:
        """Return a plain text object in which ``:smile:`` stays what it is."""
        return {"type": "plain_text", "text": self.text(words, most), "emoji": False}

    def words(self, words: str, *, bold: bool = False, italic: bool = False) -> JSON:
        """Return a section of rich text."""
        return section(plain_run(self.text(words, limits.CHARACTERS), bold=bold, italic=italic))

    def beside(self, words: str) -> str:
        """Return words that share their line with others and must not turn these around."""
        isolated = plain.isolated(sound(words))
        if self.rtl and isolated == words and not words.isdigit():
            return f"\u2068{words}\u2069"
        return isolated


def section(*elements: JSON) -> JSON:
    """Return one paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def rich(*elements: JSON) -> JSON:
    """Return a block of rich text."""
    return {"type": "rich_text", "elements": list(elements)}


def plain_run(words: str, *, bold: bool = False, italic: bool = False) -> JSON:
    """Return words in which nothing is markup."""
    style = {"bold": bold, "italic": italic}
    chosen = {name: True for name, on in style.items() if on}
    return {"type": "text", "text": words} | ({"style": chosen} if chosen else {})


def escaped(words: str) -> str:
    """Escape as Slack asks, so that nobody is notified by what somebody wrote."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def units(words: str) -> int:
    """Return the length in UTF-16 units."""
    return len(words) if words.isascii() else len(words.encode("utf-16-le", "surrogatepass")) // 2


def sound(words: str) -> str:
    """Replace half surrogates, which no request can carry."""
    if words.isascii():
        return words
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def visible(words: str) -> str:
    """Return the words, or a dash where nothing could be seen: Slack refuses empty texts."""
    seen = any(one.isprintable() and not one.isspace() for one in words)
    return words if seen else NOTHING


def blank(words: str) -> bool:
    """Tell whether there is nothing to see."""
    return visible(words) != words


def checked(made: str, most: int) -> str:
    """Return what we made ourselves; too long is a defect, never to be cut."""
    if len(made) > most:
        raise ValueError(f"{len(made)} characters where Slack takes {most}")
    return made


def lines_of(lines: list[str], pen: Pen) -> Iterator[JSON]:
    """Write each line as a section of its own."""
    for line in lines[: limits.LINES]:
        yield pen.words(line)
    if (more := len(lines) - limits.LINES) > 0:
        yield section(plain_run(f"… (+{more})"))


def named(id_: str) -> str:
    """Return an input's id as a block id; a colon would be read as more than it is."""
    if not id_ or ":" in id_:
        raise ValueError("an input needs an id without a colon")
    return checked(id_, limits.ID - 20)
