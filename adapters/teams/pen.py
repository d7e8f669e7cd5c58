"""What drawing a card needs besides the card: the key, the language, how much room there is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.teams import sealed
from adapters.teams.limits import LABEL, LINES, TITLE
from adapters.teams.text import JSON, clean, escaped, paragraph
from adapters.teams.words import Words, put
from bot.messages import Button, Tone, fit


class Where(StrEnum):
    """In which frame a card stands; it decides how its buttons answer."""

    MESSAGE = "message"
    DIALOG = "dialog"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """Draws text and actions; ``step`` is the most characters shown of one text."""

    key: bytes
    words: Words
    where: Where
    step: int
    lang: str = "en"
    kinds: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def text(self, words: str, **style: object) -> list[JSON]:
        """Show a paragraph."""
        return paragraph(words, self.step, min(LINES, self.step // 4), **style)

    def markdown(self, words: str) -> str:
        """Show words where Adaptive Cards read markdown."""
        return escaped(words, min(self.step, LABEL))

    def title(self, words: str, otherwise: str = "…") -> str:
        """Name a button; never empty."""
        shown = fit(clean(words), TITLE)
        return shown if shown.strip() else otherwise

    def label(self, words: str, hint: str = "") -> str:
        """Name an input; the hint stands in the name because placeholders are not read aloud."""
        named = " – ".join(part for part in (clean(words), clean(hint)) if part.strip())
        return fit(named, min(self.step, LABEL)) or "…"

    def name(self, wanted: str) -> str:
        """Return an input's id, which no other input of this card has."""
        first = sealed.wire_id(clean(wanted))
        name, number = first, 2
        while name in self.taken:
            name, number = f"{first}~{number}", number + 1
        self.taken.update((name, name + sealed.TIME_SUFFIX))
        return name

    def required(self, label: str, *, optional: bool) -> JSON:
        """Say that an input must be filled, and what is said when it is not."""
        if optional:
            return {}
        sentence = put(self.words.required, label=label)
        return {"isRequired": True, "errorMessage": escaped(sentence, LABEL)}

    def data(self, action: str, argument: str, **values: str) -> JSON:
        """Return what a press brings back."""
        data = sealed.action_data(self.key, clean(action), clean(argument)) | values
        return data | ({sealed.KINDS: dict(self.kinds)} if self.kinds else {})

    def press(self, verb: str, data: JSON, **more: object) -> JSON:
        """Return an action that answers at once, and its form for clients without it."""
        verb = clean(verb) if verb.strip() else "none"
        if self.where is Where.DIALOG:
            return {"type": "Action.Submit", "data": data, **more}
        old = {"type": "Action.Submit", **more, "data": {**data, "verb": verb}}
        return {"type": "Action.Execute", "verb": verb, "data": data, **more, "fallback": old}

    def button(self, button: Button) -> JSON:
        """Return one button; what needs a second thought unfolds it below itself.

        Teams has no question of its own before an action, so the sentence and the real button
        stand in a card that the first press unfolds: nothing is done by the first press.
        """
        title = self.title(button.label)
        look: JSON = {"title": title}
        if style := _STYLES.get(button.tone):
            look["style"] = style
        if button.hint.strip():
            look["tooltip"] = self.title(button.hint)
        act = self._act(button, look)
        if not button.confirm.strip():
            return act
        inner = {"type": "AdaptiveCard", "body": self.text(button.confirm), "actions": [act]}
        return {"type": "Action.ShowCard", **look, "card": inner}

    def _act(self, button: Button, look: JSON) -> JSON:
        data = self.data(button.action, button.argument)
        if button.opens_dialog and self.where is Where.MESSAGE:
            fetch = {"msteams": {"type": "task/fetch"}}
            return {"type": "Action.Submit", **look, "data": data | fetch}
        return self.press(button.action, data, **look)


_STYLES = {Tone.STRONG: "positive", Tone.GOOD: "positive", Tone.DANGER: "destructive"}


def action_sets(actions: Iterable[JSON], most: int) -> list[JSON]:
    """Put actions into rows of at most ``most``."""
    all_of_them = list(actions)
    return [
        {"type": "ActionSet", "actions": all_of_them[start : start + most]}
        for start in range(0, len(all_of_them), most)
    ]
