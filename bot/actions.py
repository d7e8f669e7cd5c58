"""The fixed words that buttons, dialogs, commands and shortcuts carry.

They stand in messages already sent, for years: a word may be added, never renamed or reused.
"""

from enum import StrEnum


class Action(StrEnum):
    """Each has exactly one handler in ``bot.conversation``."""

    MENU = "menu"
    HELP = "help"
    HOME = "home"
    RESUME = "dialogue.resume"
    NEED_START = "need.start"
    NEED_SEND = "need.send"
    NEED_CHANGE = "need.change"
    NEED_CHANGED = "need.changed"
    NEED_CANCEL = "need.cancel"
    NEED_FROM_MESSAGE = "need.from_message"
    NEED_MINE = "need.mine"
    NEED_WITHDRAW = "need.withdraw"
    PULSE_COMPOSE = "pulse.compose"
    PULSE_LAUNCH = "pulse.launch"
    PULSE_OPEN = "pulse.open"
    PULSE_SUBMIT = "pulse.submit"
    PULSE_ANSWER = "pulse.answer"
    PULSE_COMMENT = "pulse.comment"
    PULSE_COMMENTED = "pulse.commented"
    PULSE_CLOSE = "pulse.close"
    ANNOUNCE_COMPOSE = "announcement.compose"
    ANNOUNCE_PREVIEW = "announcement.preview"
    ANNOUNCE_CHANGE = "announcement.change"
    ANNOUNCE_SEND = "announcement.send"
    ANNOUNCE_CANCEL = "announcement.cancel"
