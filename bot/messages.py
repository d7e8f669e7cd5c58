"""The neutral card: what the bot says, before any platform has a word in it.

A card is frozen data. The four renderers (Slack, Teams, web, plain text) match over
``Part`` and end in ``assert_never``: a part added here fails type checking until all four
handle it. Everything a person wrote travels in ``Quote``, ``Fact.value``, ``Cell`` or
``Text`` as plain characters; no field of this module is ever markup.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.heard import AccountId, ChannelId


class Surface(StrEnum):
    """Where a card is shown."""

    MESSAGE = "message"
    DIALOG = "dialog"
    HOME = "home"


class Tone(StrEnum):
    """How a text or a button stands out; never the only carrier of a meaning."""

    NORMAL = "normal"
    STRONG = "strong"
    GOOD = "good"
    WARNING = "warning"
    DANGER = "danger"


class ChartKind(StrEnum):
    """The three chart forms that every platform can draw."""

    BAR = "bar"
    LINE = "line"
    SHARE = "share"


class Moment(StrEnum):
    """What a date input asks for."""

    DATE = "date"
    TIME = "time"
    DATE_AND_TIME = "date_and_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A title within a card, one line."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; line breaks are kept."""

    words: str
    tone: Tone = Tone.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A person's own words, shown as they were given."""

    words: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of a list of facts."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Short labelled values."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a header; the first column names its row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of a series."""

    label: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Named points; all series of a chart have the same labels in the same order."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart; the renderers always add the same numbers as text or table.

    ``unit`` is written behind each number, for instance " %".
    A share chart has exactly one series.
    """

    kind: ChartKind
    title: str
    series: tuple[Series, ...]
    x_label: str = ""
    y_label: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How much of something is done, ``done`` of ``total``; ``words`` says it in full."""

    words: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way to a web page."""

    words: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Divider:
    """A line between two thoughts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A small remark: source, privacy, what happens next."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to press.

    ``action`` is a fixed word of ``bot.actions``, ``argument`` an opaque id for its handler.
    ``opens_dialog`` must be true exactly when the handler answers with a dialog: Teams has to
    know before the press.
    ``hint`` is the accessible name where ``label`` alone does not say enough.
    """

    label: str
    action: str
    argument: str = ""
    tone: Tone = Tone.NORMAL
    opens_dialog: bool = False
    hint: str = ""
    confirm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """Up to five buttons in a row, the first being the main one."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One entry of a choice; ``value`` is what the handler hears."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Pick one option."""

    id: str
    label: str
    options: tuple[Option, ...]
    chosen: str = ""
    optional: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiChoice:
    """Pick any number of options."""

    id: str
    label: str
    options: tuple[Option, ...]
    chosen: tuple[str, ...] = ()
    optional: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A scale from ``low`` to ``high``, both ends in words.

    With an ``action`` one tap answers at once: the handler hears ``Pressed`` with that action,
    ``argument`` and ``values[id]``. Without, it is an input of a dialog.
    """

    id: str
    label: str
    low_label: str
    high_label: str
    low: int = 0
    high: int = 10
    action: str = ""
    argument: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Free text, on one line or many; ``max_length`` in characters."""

    id: str
    label: str
    value: str = ""
    long: bool = False
    optional: bool = False
    hint: str = ""
    max_length: int = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A date, a time of day or both; values are heard as ISO 8601 text without zone."""

    id: str
    label: str
    asks: Moment = Moment.DATE
    value: datetime | None = None
    optional: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChoice:
    """Pick a colleague; the value heard is an account id.

    ``known`` are the people offered where the platform has no picker of its own.
    """

    id: str
    label: str
    known: tuple[Option, ...] = ()
    chosen: str = ""
    optional: bool = False
    hint: str = ""


Part: TypeAlias = (
    Heading
    | Text
    | Quote
    | Facts
    | Table
    | Chart
    | Progress
    | Link
    | Divider
    | Context
    | Buttons
    | Choice
    | MultiChoice
    | Scale
    | Field
    | When
    | PersonChoice
)
Input: TypeAlias = Choice | MultiChoice | Scale | Field | When | PersonChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is shown in a message or on the home surface.

    ``name`` says which card it is ("needs.receipt"). ``summary`` is one sentence that makes
    sense alone: a notification, a screen reader's first line. ``lang`` is a BCP 47 tag and
    ``rtl`` its direction.
    """

    name: str
    summary: str
    parts: tuple[Part, ...]
    surface: Surface = Surface.MESSAGE
    lang: str = "en"
    rtl: bool = False

    def __post_init__(self) -> None:
        """Refuse a card that a notification or a screen reader could not announce."""
        if not self.summary.strip():
            msg = f"card {self.name} needs a summary"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """A form over the conversation; sending it is heard as ``Submitted``.

    ``action`` and ``argument`` come back with the values. ``title`` and ``submit`` hold at most
    24 characters (Slack's limit for a modal's title and buttons).
    """

    name: str
    title: str
    summary: str
    parts: tuple[Part, ...]
    action: str
    submit: str
    cancel: str
    argument: str = ""
    lang: str = "en"
    rtl: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPerson:
    """The direct conversation with one person on one platform."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class ToChannel:
    """A channel or group chat; with ``thread``, the thread below that message."""

    channel: ChannelId
    thread: str = ""


Place: TypeAlias = ToPerson | ToChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the request itself is answered with; everything else goes through the outbox.

    ``card`` is what the person who asked sees at once where the platform's request has room for
    it: the invoke reply on Teams, the command's reply on Slack, the page's reply in the browser.
    With ``only_you`` it must leave no row behind, and Slack shows it through the request's
    response address: in a direct conversation in place of the pressed card, in a channel to
    that person alone. ``errors`` maps field ids to sentences and keeps the dialog open.
    """

    card: Card | None = None
    only_you: bool = False
    dialog: Dialog | None = None
    errors: dict[str, str] = field(default_factory=dict)


NOTHING = Answer()


_SKIN_TONES = range(0x1F3FB, 0x1F400)


def fit(words: str, limit: int) -> str:
    """Shorten to ``limit`` characters, visibly: the mark says how many characters are missing.

    A cut never leaves half a user-perceived character behind: combining marks, joiners and
    variation selectors stay with their base.
    """
    if len(words) <= limit:
        return words
    room = limit - len(_mark(len(words)))
    if room <= 0:
        return words[:limit]
    end = room
    while end > 0 and _continues(words[end]):
        end -= 1
    if end > 0 and words[end - 1] == "\u200d":
        end -= 1
    kept = words[: end or room]
    return kept + _mark(len(words) - len(kept))


def _mark(missing: int) -> str:
    return f"… (+{missing})"


def _continues(character: str) -> bool:
    return (
        unicodedata.combining(character) != 0
        or character in "\u200d\ufe0e\ufe0f"
        or ord(character) in _SKIN_TONES
    )
