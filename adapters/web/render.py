"""Cards and dialogs as HTML. Pure: the same card gives the same characters.

Everything that stands in a card is text to the templates, which escape it; no field of a card is
ever taken for markup. A card has no size limit here, so nothing is left out or shortened. The
page puts a card into a form of its own; what is in it names buttons and inputs for ``parse``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, assert_never
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from adapters.web import parse
from adapters.web.chart import drawing
from bot import messages as m
from bot.messages import Card, Dialog, Moment, Option, Part

TEMPLATES = Path(__file__).parent / "templates"
_FEW = 5  # options that are shown side by side; more become a list to open


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the parts of one card share: its language, its ids, its inputs' state."""

    key: bytes
    uid: str
    lang: str
    in_dialog: bool = False
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    people: Sequence[Option] = ()

    @property
    def words(self) -> Mapping[str, str]:
        """Return the few words that the page itself adds to a card."""
        return WORDS.get(self.lang.split("-")[0], WORDS["en"])


# What a card does not say because other platforms' own widgets say it.
WORDS = {
    "en": {
        "numbers": "The numbers",
        "optional": "optional",
        "choose": "Choose …",
        "close": "Close",
    },
    "de": {
        "numbers": "Die Zahlen",
        "optional": "freiwillig",
        "choose": "Bitte wählen …",
        "close": "Schließen",
    },
}


def card(card: Card, *, key: bytes, uid: str = "card") -> Markup:
    """Return a card; ``uid`` makes its element ids unique on a page."""
    frame = Frame(key=key, uid=uid, lang=card.lang)
    return _drawn(_macros().card(card, _parts(card.parts, frame)))


def dialog(
    dialog: Dialog,
    *,
    key: bytes,
    uid: str = "dialog",
    values: Mapping[str, tuple[str, ...]] | None = None,
    errors: Mapping[str, str] | None = None,
    people: Sequence[Option] = (),
) -> Markup:
    """Return what stands in a dialog's form, its own signed self included.

    ``values`` are what was typed before, ``errors`` what is wrong with it, ``people`` whom to
    offer where the dialog itself names nobody.
    """
    frame = Frame(
        key=key,
        uid=uid,
        lang=dialog.lang,
        in_dialog=True,
        values=values or {},
        errors=errors or {},
        people=people,
    )
    state = parse.signed_dialog(key, dialog)
    known = {one.id for one in parse.inputs(dialog)}
    # An error that names no input of the dialog is still said, above all of them.
    others = [words for name, words in frame.errors.items() if name not in known]
    return _drawn(_macros().dialog(dialog, _parts(dialog.parts, frame), frame, state, others))


@cache
def environment() -> Environment:
    """Return the templates; everything that is put into them is escaped."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _macros() -> Any:  # noqa: ANN401 - a template's macros have no types
    return environment().get_template("parts.html").module


def _parts(parts: Sequence[Part], frame: Frame) -> Markup:
    return Markup("").join(_part(one, number, frame) for number, one in enumerate(parts))


def _part(  # noqa: C901, PLR0912 - one case per part, so that a new one fails type checking
    part: Part, number: int, frame: Frame
) -> Markup:
    """Draw one part; ``number`` makes ids within the card unique."""
    macros = _macros()
    uid = f"{frame.uid}-{number}"
    match part:
        case m.Heading():
            drawn = macros.heading(part, frame)
        case m.Text():
            drawn = macros.text(part)
        case m.Quote():
            drawn = macros.quote(part)
        case m.Facts():
            drawn = macros.facts(part)
        case m.Table():
            drawn = macros.table(part)
        case m.Chart():
            drawn = macros.chart(part, drawing(part, frame.lang), uid, frame)
        case m.Progress():
            drawn = macros.progress(part, *_share(part))
        case m.Link():
            drawn = macros.link(part, _address(part.url))
        case m.Divider():
            drawn = macros.divider()
        case m.Context():
            drawn = macros.context(part)
        case m.Buttons():
            drawn = macros.buttons(
                [(one, _signed(one, frame), _spoken(one)) for one in part.buttons]
            )
        case m.Scale():
            drawn = _scale(part, uid, frame)
        case m.Choice() | m.MultiChoice() | m.PersonChoice():
            drawn = _choice(part, uid, frame)
        case m.Field():
            drawn = macros.field(part, _typed(part.id, (part.value,), frame), uid, frame)
        case m.When():
            known = (_moment(part),) if part.value else ()
            kind = _KINDS[part.asks]
            drawn = macros.when(part, kind, _typed(part.id, known, frame), uid, frame)
        case _:
            assert_never(part)
    return _drawn(drawn)


def _drawn(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - the macro has escaped what it was given


def _scale(part: m.Scale, uid: str, frame: Frame) -> str:
    points = range(part.low, part.high + 1)
    if part.action:
        signed = parse.signed_action(frame.key, part.action, part.argument)
        return str(_macros().tap_scale(part, points, signed, uid))
    return str(_macros().scale(part, points, _typed(part.id, (), frame), uid, frame))


def _choice(part: m.Choice | m.MultiChoice | m.PersonChoice, uid: str, frame: Frame) -> str:
    match part:
        case m.PersonChoice():
            options: Sequence[Option] = part.known or frame.people
        case m.Choice() | m.MultiChoice():
            options = part.options
    several = isinstance(part, m.MultiChoice)
    known = part.chosen if isinstance(part.chosen, tuple) else (part.chosen,)
    chosen = _typed(part.id, known, frame)
    if several or len(options) <= _FEW:
        return str(_macros().choice(part, options, chosen, uid, frame, several))
    return str(_macros().select(part, options, chosen, uid, frame))


def _typed(name: str, known: tuple[str, ...], frame: Frame) -> tuple[str, ...]:
    """Return what an input holds: what was typed before, else what the card says."""
    return tuple(frame.values[name]) if name in frame.values else known


def _signed(button: m.Button, frame: Frame) -> str:
    return parse.signed_action(frame.key, button.action, button.argument)


def _spoken(button: m.Button) -> str:
    """Return the accessible name, which must hold what is written on the button."""
    return button.hint if button.label in button.hint else f"{button.label}: {button.hint}"


def _share(part: m.Progress) -> tuple[int, int]:
    """Return done and total as a progress bar can show them."""
    total = max(part.total, 1)
    return min(max(part.done, 0), total), total


def _address(url: str) -> str:
    """Return an address that is safe to follow, empty for one that would run a script."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return ""
    return url if scheme in {"http", "https", "mailto"} else ""


_KINDS = {Moment.DATE: "date", Moment.TIME: "time", Moment.DATE_AND_TIME: "datetime-local"}
_FORMATS = {
    Moment.DATE: "%Y-%m-%d",
    Moment.TIME: "%H:%M",
    Moment.DATE_AND_TIME: "%Y-%m-%dT%H:%M",
}


def _moment(part: m.When) -> str:
    return part.value.strftime(_FORMATS[part.asks]) if part.value else ""
