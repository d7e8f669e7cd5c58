"""The only dispatcher."""

from datetime import datetime

from bot.heard import Heard
from bot.messages import NOTHING, Answer
from bot.ports import Tools, UnitOfWork


def hear(uow: UnitOfWork, event: Heard, tools: Tools, now: datetime) -> Answer:
    """Handle one event within the unit of work."""
    return NOTHING
