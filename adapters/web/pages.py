"""What the page shows of the stored chat, in the eyes of one person. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime
from markupsafe import Markup

from adapters.web import parse, render
from adapters.web.directory import Colleague, Directory
from bot.messages import Card, Dialog, Option
from bot.ports import ChatLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a conversation; ``card`` is drawn, ``words`` are a person's."""

    id: int
    author: Colleague | None
    own: bool
    words: str
    card: Markup | None
    edited: bool
    iso: str
    time: str
    full_time: str
    day: str
    day_name: str

    @property
    def version(self) -> str:
        """Return what tells two states of a line apart."""
        return f"{crc32(str(self.card or self.words).encode()):x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One page of one person; an empty ``conversation`` is the list of them."""

    viewer: Colleague
    conversation: str
    title: str
    about: str
    lines: tuple[Line, ...] = ()
    home: Markup | None = None
    asides: tuple[Markup, ...] = ()
    dialog: "Form | None" = None
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """An open dialog: its title's element, and what stands in it."""

    uid: str
    html: Markup


HOME = "home"


def heading(conversation: str, directory: Directory) -> tuple[str, str]:
    """Return a conversation's title and what it is."""
    if conversation == HOME:
        return "Home", "What you asked for, and what is open"
    if parse.is_direct(conversation):
        return "Groundswell", "Your direct messages with the bot; nobody else reads them"
    room = directory.rooms.get(conversation)
    return f"#{room.title if room else conversation}", "Mention @groundswell to talk to the bot"


def line(
    one: ChatLine, viewer: Colleague, directory: Directory, *, key: bytes, now: datetime
) -> Line:
    """Return a stored line as one person sees it."""
    zone = _zone(viewer.zone)
    at, today = one.said_at.astimezone(zone), now.astimezone(zone).date()
    author = directory.people.get(one.author)
    return Line(
        id=one.id,
        author=author,
        own=author == viewer,
        words=one.words,
        card=render.card(one.card, key=key, uid=f"card-{one.id}") if one.card else None,
        edited=one.edited,
        iso=one.said_at.isoformat(timespec="seconds"),
        time=at.strftime("%H:%M"),
        full_time=str(format_datetime(at, "EEEE, d MMMM y, HH:mm", locale="en")),
        day=at.date().isoformat(),
        day_name=_day(at.date(), today),
    )


def lines(
    stored: Iterable[ChatLine],
    viewer: Colleague,
    directory: Directory,
    *,
    key: bytes,
    now: datetime,
) -> tuple[Line, ...]:
    """Return stored lines as one person sees them."""
    return tuple(line(one, viewer, directory, key=key, now=now) for one in stored)


def aside(card: Card, *, key: bytes, uid: str) -> Markup:
    """Return a card that is shown once to one person and stored nowhere."""
    return render.card(card, key=key, uid=f"aside-{uid}")


def form(
    dialog: Dialog,
    directory: Directory,
    *,
    key: bytes,
    values: parse.Values | None = None,
    errors: Mapping[str, str] | None = None,
) -> Form:
    """Return an open dialog, with what was typed and what is wrong with it."""
    people = [
        Option(value=parse.account_id(one.name), label=one.full_name)
        for one in sorted(directory.people.values(), key=lambda one: one.full_name)
    ]
    html = render.dialog(dialog, key=key, values=values, errors=errors, people=people)
    return Form(uid="dialog", html=html)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _day(day: date, today: date) -> str:
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    pattern = "EEEE, d MMMM" if day.year == today.year else "EEEE, d MMMM y"
    return str(format_date(day, pattern, locale="en"))
