"""Sign the small texts that travel through a client and come back: action arguments, states.

HMAC-SHA256, cut to 128 bits, base64url. A signature binds a text to its purpose, so that one
kind of text never passes for another. Rights are checked again in the core on every use; the
signature only tells our own cards from invented ones.
"""

import base64
import hashlib
import hmac

_BYTES = 16


def sign(key: bytes, purpose: str, text: str) -> str:
    """Return ``text`` with its signature in front."""
    return f"{_mac(key, purpose, text)}.{text}"


def verify(key: bytes, purpose: str, signed: str) -> str | None:
    """Return the text, or None if the signature is not ours."""
    mac, dot, text = signed.partition(".")
    if not dot or not mac.isascii():
        return None
    return text if hmac.compare_digest(mac, _mac(key, purpose, text)) else None


def derive(secret: str, purpose: str) -> bytes:
    """Return 32 bytes of key material for one purpose from the instance's secret."""
    return hmac.new(secret.encode(), b"groundswell:" + purpose.encode(), hashlib.sha256).digest()


def _mac(key: bytes, purpose: str, text: str) -> str:
    digest = hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_BYTES]).rstrip(b"=").decode()
