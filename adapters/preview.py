"""Every card as every platform shows it, for review, documentation and goldens."""

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters import plain
from adapters.slack import render as slack_render
from adapters.teams import render as teams_render
from adapters.web import render as web_render
from bot.messages import Card, Dialog, Surface

KEY = bytes(32)
"""Signs the previews; no instance ever uses it."""


def write(cards: Mapping[str, Card | Dialog], out: Path) -> int:
    """Write all renderings of the cards into a folder; return how many cards there were."""
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, card in cards.items():
        words = plain.render(card)
        (out / f"{name}.slack.json").write_text(as_json(slack(card)), encoding="utf-8")
        (out / f"{name}.teams.json").write_text(as_json(teams(card)), encoding="utf-8")
        (out / f"{name}.txt").write_text(words, encoding="utf-8")
        rows.append(f"<h2>{html.escape(name)}</h2>{web(card)}<pre>{html.escape(words)}</pre>")
    page = f'<!doctype html><meta charset="utf-8"><title>Cards</title>{"".join(rows)}'
    (out / "index.html").write_text(page, encoding="utf-8")
    return len(rows)


def slack(card: Card | Dialog) -> dict[str, Any]:
    """Render for Slack with a key that signs nothing real."""
    if isinstance(card, Dialog):
        return slack_render.dialog(card, key=KEY)
    if card.surface is Surface.HOME:
        return slack_render.home(card, key=KEY)
    return slack_render.message(card, key=KEY)


def teams(card: Card | Dialog) -> dict[str, Any]:
    """Render for Teams with a key that signs nothing real."""
    if isinstance(card, Dialog):
        return teams_render.dialog(card, key=KEY)
    return teams_render.message(card, key=KEY)


def web(card: Card | Dialog) -> str:
    """Render for the browser with a key that signs nothing real."""
    if isinstance(card, Dialog):
        return str(web_render.dialog(card, key=KEY))
    return str(web_render.card(card, key=KEY))


def as_json(data: object) -> str:
    """Write data so that two versions compare line by line."""
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
