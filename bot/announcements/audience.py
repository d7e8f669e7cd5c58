"""Who gets an announcement, and on which of their accounts."""

from dataclasses import dataclass
from hashlib import sha256

from bot.announcements.model import Announcement
from bot.people.model import Reach
from bot.ports import UnitOfWork

_MARK = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The people reached now and how many known ones cannot be; or one channel."""

    reached: tuple[Reach, ...] = ()
    unreachable: int = 0
    channel_name: str = ""
    channel_open: bool = False

    @property
    def copies(self) -> int:
        """Return how many messages go out."""
        return 1 if self.channel_open else len(self.reached)

    def mark(self, announcement: Announcement) -> str:
        """Return a short digest of the words and of everyone who would get them.

        It goes into the button, so that "send" sends what its own card was about and nothing else.
        """
        accounts = sorted(reach.account for reach in self.reached)
        whole = (announcement.title, announcement.words, announcement.channel, *accounts)
        digest = sha256("\0".join(whole).encode("utf-8", "replace"))
        return digest.hexdigest()[:_MARK]


def audience_of(uow: UnitOfWork, announcement: Announcement) -> Audience:
    """Work out the audience as it is now."""
    if announcement.channel:
        channel = uow.people.channel(announcement.channel)
        if channel is None or not channel.active:
            return Audience(channel_name=channel.name if channel else "")
        return Audience(channel_name=channel.name or channel.id, channel_open=True)
    reached = uow.people.reachable()
    return Audience(reached=reached, unreachable=max(0, uow.people.count() - len(reached)))
