"""The core's answer as the body of an invoke reply; never an empty one.

An empty body shows "Unable to reach app" and brings the same invoke again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.teams import render
from adapters.teams.send import ADAPTIVE_CARD
from adapters.teams.text import JSON, clean
from adapters.teams.words import Words
from bot.heard import Pressed, Submitted
from bot.messages import Answer, Card, Dialog, fit

MESSAGE = "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"
_TITLE = 80
_SENTENCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Turns answers into bodies for one person."""

    key: bytes
    words: Words

    def to_press(self, answer: Answer, event: Pressed | Submitted, form: Dialog | None) -> bytes:
        """Answer ``adaptiveCard/action``.

        A dialog cannot open from here, so its form is shown in place of the card.
        """
        if answer.errors and form is not None:
            return self._card(self._again(answer, form, event.values))
        if answer.dialog is not None:
            return self._card(self._form(answer.dialog))
        if answer.card is not None:
            return self._card(render.message(answer.card, key=self.key, words=self.words))
        return _body(_reply(200, MESSAGE, self.words.done))

    def to_task(self, answer: Answer, event: Pressed | Submitted, form: Dialog | None) -> bytes:
        """Answer ``task/fetch`` and ``task/submit``."""
        if answer.errors and form is not None:
            shown = answer.dialog or render.filled(form, event.values)
            content = render.dialog(shown, key=self.key, words=self.words, errors=answer.errors)
            return _body(_window(shown.title, content))
        if answer.dialog is not None:
            content = render.dialog(answer.dialog, key=self.key, words=self.words)
            return _body(_window(answer.dialog.title, content))
        if answer.card is not None and answer.card.parts and isinstance(event, Pressed):
            content = render.inside(answer.card, key=self.key, words=self.words)
            return _body(_window(answer.card.summary, content))
        said = answer.card.summary if answer.card is not None else self.words.done
        return _body(_said(said))

    def sorry(self, card: Card, *, task: bool) -> bytes:
        """Say that it did not work, in the form that this invoke expects."""
        return _body(_said(card.summary) if task else _error(500, "TryAgain", card.summary))

    def malformed(self, *, task: bool) -> bytes:
        """Answer an invoke that no card of ours sends."""
        return _body(
            _said(self.words.outdated) if task else _error(400, "BadRequest", self.words.outdated)
        )

    def unknown(self) -> bytes:
        """Answer an invoke of a kind that we do not use."""
        return _body(_reply(200, MESSAGE, self.words.unknown))

    def _card(self, content: JSON) -> bytes:
        return _body(_reply(200, ADAPTIVE_CARD, content))

    def _form(self, form: Dialog) -> JSON:
        return render.form_in_message(form, key=self.key, words=self.words)

    def _again(self, answer: Answer, form: Dialog, values: Mapping[str, Sequence[str]]) -> JSON:
        shown = answer.dialog or render.filled(form, values)
        return render.form_in_message(shown, key=self.key, words=self.words, errors=answer.errors)


def _reply(status: int, kind: str, value: object) -> JSON:
    return {"statusCode": status, "type": kind, "value": value}


def _error(status: int, code: str, message: str) -> JSON:
    return _reply(status, ERROR, {"code": code, "message": fit(clean(message), _SENTENCE)})


def _said(words: str) -> JSON:
    return {"task": {"type": "message", "value": fit(clean(words), _SENTENCE)}}


def _window(title: str, content: JSON) -> JSON:
    card = {"contentType": ADAPTIVE_CARD, "content": content}
    shown = fit(clean(title), _TITLE) if title.strip() else "…"
    value = {"title": shown, "height": "medium", "width": "medium", "card": card}
    return {"task": {"type": "continue", "value": value}}


def _body(answer: JSON) -> bytes:
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")
