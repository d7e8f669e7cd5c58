"""Who has which page open, and what those pages are told.

Lives on the event loop and keeps nothing: a page that was away loads its conversation again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.web import limits


class Kind(StrEnum):
    """What an open page can be told."""

    LINE = "line"
    HOME = "home"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something changed: a line of a conversation, a person's home, or everything."""

    kind: Kind
    conversation: str = ""
    line: int = 0
    person: str = ""


_BEHIND = News(kind=Kind.RESET)


@dataclass(eq=False, slots=True)
class Listener:
    """One open page."""

    waiting: asyncio.Queue[News | None] = field(
        default_factory=lambda: asyncio.Queue(maxsize=limits.WAITING)
    )

    def tell(self, news: News | None) -> None:
        """Hand over news; a page that lags too far behind is told to load itself again."""
        try:
            self.waiting.put_nowait(news)
        except asyncio.QueueFull:
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.waiting.put_nowait(_BEHIND if news is not None else None)

    async def news(self) -> AsyncIterator[News]:
        """Give news as they come, until the hub is closed."""
        while (news := await self.waiting.get()) is not None:
            yield news


class Hub:
    """Tell all open pages."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._listeners: set[Listener] = set()
        self._closed = False

    @property
    def open_pages(self) -> int:
        """Count the pages that listen."""
        return len(self._listeners)

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Listen for as long as the block runs."""
        listener = Listener()
        if self._closed:
            listener.tell(None)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def publish(self, news: News) -> None:
        """Tell every open page; each picks what concerns it."""
        for listener in tuple(self._listeners):
            listener.tell(news)

    def close(self) -> None:
        """Let every page's stream end."""
        self._closed = True
        for listener in tuple(self._listeners):
            listener.tell(None)
