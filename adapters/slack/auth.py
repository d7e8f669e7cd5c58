"""Who really sent this: Slack's signature over the bytes as they came."""

import hashlib
import hmac

WINDOW_SECONDS = 300
"""Slack's documentation: refuse requests older than five minutes, they may be replays."""
_LONGEST_TIMESTAMP = 12


def signature_ok(secret: bytes, timestamp: str, signature: str, raw: bytes, now: float) -> bool:
    """Tell whether Slack signed these bytes within the last five minutes.

    The body is not decoded or parsed before this is true: parsers are for what Slack wrote.
    """
    if not secret or len(timestamp) > _LONGEST_TIMESTAMP or not signature.isascii():
        return False
    if not (timestamp.isascii() and timestamp.isdigit()):
        return False
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    basis = b"v0:" + timestamp.encode() + b":" + raw
    wanted = "v0=" + hmac.new(secret, basis, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, signature)


def repetition(number: str, reason: str) -> dict[str, str]:
    """Return the headers by which Slack marks a repeated event; only the log looks at them.

    Repeats are told by their key, never by these: a first delivery may have failed before its
    commit, and then the repetition is the only one that counts.
    """
    if not (number.isascii() and number.isdigit()):
        return {}
    return {"x-slack-retry-num": number[:3], "x-slack-retry-reason": reason[:40]}
