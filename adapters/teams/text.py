"""People's words as Adaptive Cards show them: characters, never markup.

A ``TextRun`` takes no markdown, so paragraphs are rich text. Titles, facts and choices have no such
form: there markdown is escaped with backslashes. ``{{DATE(…)}}`` is a function in both, so two
braces never stand together in one piece of text.
"""

import re
from typing import Any, TypeAlias

from bot.messages import fit

JSON: TypeAlias = dict[str, Any]

_LINE_STARTS = re.compile(r"(?m)^([ \t]*)([#+\-]|\d+[.)])(?=\s|$)")
_ALWAYS = re.compile(r"([\\`*_\[\]<>~{|&])")
_UNTEXT = re.compile("[\ud800-\udfff\x00]")


def clean(words: str) -> str:
    """Replace what is no text: halves of characters and NUL, which no database takes."""
    return _UNTEXT.sub("\ufffd", words)


def escaped(words: str, limit: int) -> str:
    """Shorten visibly, then let no character be markdown."""
    shown = fit(clean(words), limit)
    shown = _ALWAYS.sub(r"\\\1", shown)
    return _LINE_STARTS.sub(_escaped_start, shown)


def _escaped_start(found: re.Match[str]) -> str:
    lead, mark = found.group(1), found.group(2)
    return f"{lead}{mark[:-1]}\\{mark[-1]}"


def paragraph(words: str, limit: int, lines: int, **style: object) -> list[JSON]:
    """Show words as rich text, one block for each line."""
    shown = fit(clean(words), limit).splitlines()
    kept = shown[:lines]
    if len(shown) > lines:
        kept.append(f"… (+{len(shown) - lines})")
    blocks: list[JSON] = []
    gap = False
    for line in kept:
        if not line.strip():
            gap = True
            continue
        block: JSON = {"type": "RichTextBlock", "inlines": runs(line, **style)}
        if blocks and not gap:
            block["spacing"] = "None"
        blocks.append(block)
        gap = False
    return blocks


def runs(line: str, **style: object) -> list[JSON]:
    """Show one line as text runs, split so that no ``{{`` is left."""
    pieces = re.sub(r"\{(?=\{)", "{\n", line).split("\n")
    return [{"type": "TextRun", "text": piece, **style} for piece in pieces if piece]
