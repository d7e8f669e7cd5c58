"""What Slack sends to an app: the three kinds of request, their encoding and signature."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias
from urllib.parse import urlencode

from .state import JSON

USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


class DeliveryKind(StrEnum):
    """The kinds, named as the envelopes of Socket Mode name them."""

    EVENT = "events_api"
    INTERACTION = "interactive"
    COMMAND = "slash_commands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One thing to tell the app; it can be told again, and told four times at once."""

    kind: DeliveryKind
    payload: JSON
    # Number and reason, when this is a repetition of an event.
    retry: tuple[int, str] | None = None

    def again(self, number: int = 1, reason: str = "http_timeout") -> "Delivery":
        """Return the same delivery as Slack's repetition."""
        return replace(self, retry=(number, reason))

    def body(self) -> bytes:
        """Encode as Slack does: events are JSON, the rest are forms."""
        match self.kind:
            case DeliveryKind.EVENT:
                return json.dumps(self.payload, ensure_ascii=False).encode()
            case DeliveryKind.INTERACTION:
                return urlencode({"payload": json.dumps(self.payload)}).encode()
            case DeliveryKind.COMMAND:
                return urlencode(self.payload).encode()

    def signed(self, secret: str, now: float) -> "SignedRequest":
        """Return the HTTP request with its v0 signature."""
        body = self.body()
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json,*/*",
            "Content-Type": "application/json"
            if self.kind == DeliveryKind.EVENT
            else "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": str(int(now)),
            "X-Slack-Signature": signature(secret, str(int(now)), body),
        }
        if self.retry is not None:
            headers["X-Slack-Retry-Num"] = str(self.retry[0])
            headers["X-Slack-Retry-Reason"] = self.retry[1]
        return SignedRequest(body=body, headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request as it goes over the wire; tests change one to see it refused."""

    body: bytes
    headers: Mapping[str, str]

    def with_header(self, name: str, value: str) -> "SignedRequest":
        return replace(self, headers={**self.headers, name: value})

    def with_body(self, body: bytes) -> "SignedRequest":
        """Exchange the body under the same signature."""
        return replace(self, body=body)


Tamper: TypeAlias = Callable[[SignedRequest], SignedRequest]
RawAnswer: TypeAlias = tuple[int, Mapping[str, str], bytes]
Send: TypeAlias = Callable[[SignedRequest], Awaitable[RawAnswer]]
"""How a request reaches the app: over HTTP, or straight into an ASGI application."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Sign as Slack does, version 0."""
    basis = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), basis, hashlib.sha256).hexdigest()


def stale(secret: str, seconds: float) -> Tamper:
    """Sign correctly, but for a moment in the past: a replayed request."""

    def change(request: SignedRequest) -> SignedRequest:
        old = str(int(float(request.headers["X-Slack-Request-Timestamp"]) - seconds))
        resigned = request.with_header("X-Slack-Request-Timestamp", old)
        return resigned.with_header("X-Slack-Signature", signature(secret, old, request.body))

    return change


def resigned(secret: str, body: bytes) -> Tamper:
    """Send another body with a correct signature: malformed, but truly from Slack."""

    def change(request: SignedRequest) -> SignedRequest:
        stamp = request.headers["X-Slack-Request-Timestamp"]
        changed = request.with_body(body)
        return changed.with_header("X-Slack-Signature", signature(secret, stamp, body))

    return change


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the app answered, or why it did not."""

    delivery: Delivery
    # 0 when no answer came: `reason` then says what Slack would name it.
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether Slack counts it as acknowledged."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.body)
