"""What can go wrong on the way to Teams, ordered by a test for the next call of a kind."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Self

# Names under which several operations are ordered to fail together.
GROUPS: Final[dict[str, frozenset[str]]] = {
    "post": frozenset({"send", "reply"}),
    "connector": frozenset(
        {"create", "send", "reply", "update", "delete", "members", "pagedmembers", "member"}
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failure; with status 0 the call succeeds after its latency."""

    status: int = 0
    code: str = "ServiceError"
    message: str = "Something went wrong."
    retry_after: int | None = None
    html: bool = False  # a gateway's page in place of JSON
    after_effect: bool = False  # the call has worked, only its answer is lost
    hang: bool = False  # no answer until the caller gives up
    reset: bool = False  # the connection is cut
    latency: float = 0.0

    @classmethod
    def blocked(cls) -> Self:
        """Say that the person has blocked or uninstalled the app."""
        return cls(status=403, code="MessageWritesBlocked", message="Message writes are blocked.")

    @classmethod
    def conversation_not_found(cls) -> Self:
        """Say that the conversation is gone, as Teams sometimes does for a moment."""
        return cls(status=404, code="ConversationNotFound", message="Conversation not found.")

    @classmethod
    def not_in_roster(cls, status: int = 404) -> Self:
        """Say that the bot is no longer part of the conversation."""
        said = "The bot is not part of the conversation roster."
        return cls(status=status, code="BotNotInConversationRoster", message=said)

    @classmethod
    def precondition_failed(cls) -> Self:
        """Say that several operations met in one conversation; to be tried again."""
        return cls(status=412, code="PreconditionFailed", message="Please try again.")

    @classmethod
    def too_large(cls) -> Self:
        """Refuse the size as a gateway does, with a page that is not JSON."""
        return cls(status=413, html=True)

    @classmethod
    def rate_limited(cls, retry_after: int | None = 2) -> Self:
        """Say that these were too many requests."""
        said = "Too many requests."
        return cls(status=429, code="Throttled", message=said, retry_after=retry_after)

    @classmethod
    def unavailable(
        cls, status: int = 503, *, after_effect: bool = False, html: bool = False
    ) -> Self:
        """Fail as a server does, before or after the call has had its effect."""
        return cls(status=status, after_effect=after_effect, html=html)

    @classmethod
    def timeout(cls, *, after_effect: bool = False) -> Self:
        """Give no answer ever."""
        return cls(hang=True, after_effect=after_effect)

    @classmethod
    def cut(cls, *, after_effect: bool = True) -> Self:
        """Reset the connection in place of an answer."""
        return cls(reset=True, after_effect=after_effect)

    @classmethod
    def slow(cls, seconds: float) -> Self:
        """Let the call work, later."""
        return cls(latency=seconds)

    @classmethod
    def aadsts(cls, number: int, words: str, *, status: int = 400) -> Self:
        """Refuse a token as the identity provider does, and say why."""
        return cls(status=status, code=f"AADSTS{number}", message=words)


@dataclass(slots=True)
class _Order:
    op: str
    fault: Fault
    times: int | None
    conversation: str | None

    def fits(self, op: str, conversation: str | None) -> bool:
        named = self.op in {op, "any"} or op in GROUPS.get(self.op, frozenset())
        return named and self.conversation in {None, conversation}


@dataclass(slots=True)
class Faults:
    """The failures ordered and not yet happened, first come first served."""

    _orders: deque[_Order] = field(default_factory=deque)

    def add(
        self, op: str, fault: Fault, *, times: int | None = 1, conversation: str | None = None
    ) -> None:
        """Order a failure for the next calls of an operation; times None means until `clear`."""
        self._orders.append(_Order(op, fault, times, conversation))

    def clear(self) -> None:
        """Let everything work again."""
        self._orders.clear()

    def take(self, op: str, conversation: str | None = None) -> Fault | None:
        """Take the failure that is due for this call, if any."""
        order = next((o for o in self._orders if o.fits(op, conversation)), None)
        if order is None:
            return None
        if order.times is not None:
            order.times -= 1
            if order.times == 0:
                self._orders.remove(order)
        return order.fault
