"""The relay: claims what is due, ends the transaction, sends, records what became of it."""

from typing import Protocol

from bot.delivery import Outcome, Outgoing


class Sender(Protocol):
    """One platform's way out; ``send.py`` of each platform implements it."""

    @property
    def platform(self) -> str:
        """Return the first word of this platform's ids, for instance "slack"."""
        ...

    async def send(self, item: Outgoing) -> Outcome:
        """Do what ``item`` asks; map every answer of the platform to one outcome."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
