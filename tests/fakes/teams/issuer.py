"""The Bot Framework's identity provider: signs what "Teams" sends, publishes its keys.

Keys are made once per process: making one takes longer than most tests.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

JSON: TypeAlias = dict[str, Any]

ISSUER: Final = "https://api.botframework.com"
ENDORSEMENTS: Final = ("msteams", "skype", "webchat", "directline")
MINUTE: Final = 60


@cache
def _private_key(number: int) -> RSAPrivateKey:
    """Make (once) the key with this number; the number exists to name and cache it."""
    assert number >= 0
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key of the published set."""

    number: int
    endorsements: tuple[str, ...] = ENDORSEMENTS

    @property
    def kid(self) -> str:
        """Return the name under which the key is published."""
        return hashlib.sha256(f"key {self.number}".encode()).hexdigest()[:27]

    @property
    def private(self) -> RSAPrivateKey:
        """Return the half that signs."""
        return _private_key(self.number)

    def published(self) -> JSON:
        """Return the key as the key set shows it."""
        public: JSON = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        shown = {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid}
        parts = {"n": public["n"], "e": public["e"], "x5c": []}
        return shown | parts | {"endorsements": list(self.endorsements)}


UNENDORSED: Final = SigningKey(1, ("webchat",))  # a genuine key, for another channel only
STRANGER: Final = SigningKey(2)  # never published
FIRST: Final = 3


@dataclass(slots=True)
class Issuer:
    """Signs tokens for one bot and publishes the keys to check them with."""

    app_id: str
    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey(FIRST)])

    @property
    def current(self) -> SigningKey:
        """Return the key that signs now."""
        return self.keys[-1]

    def rollover(self, *, keep_old: bool = False) -> None:
        """Sign with a new key from now on; the old one is no longer published unless kept."""
        new = SigningKey(self.current.number + 1)
        self.keys = [*self.keys, new] if keep_old else [new]

    def key_set(self) -> JSON:
        """Return the published key set."""
        return {"keys": [key.published() for key in (UNENDORSED, *self.keys)]}

    def claims(self, service_url: str) -> JSON:
        """Return what a genuine token says."""
        now = int(time.time())
        times = {"nbf": now - 5 * MINUTE, "exp": now + 55 * MINUTE}
        return {"serviceurl": service_url, "iss": ISSUER, "aud": self.app_id} | times

    def token(
        self,
        service_url: str,
        *,
        changed: Mapping[str, object] | None = None,
        without: str = "",
        key: SigningKey | None = None,
        kid: str | None = None,
    ) -> str:
        """Sign a token, genuine unless told otherwise."""
        claims = {**self.claims(service_url), **(changed or {})}
        claims.pop(without, None)
        key = key or self.current
        headers = {"kid": kid or key.kid, "x5t": kid or key.kid}
        return jwt.encode(claims, key.private, algorithm="RS256", headers=headers)

    def unsigned(self, service_url: str) -> str:
        """Make a token of algorithm "none"."""
        headers = {"kid": self.current.kid}
        return jwt.encode(self.claims(service_url), "", algorithm="none", headers=headers)

    def symmetric(self, service_url: str) -> str:
        """Sign with HMAC and the public key as secret, which naive validators accept."""
        public = self.current.private.public_key()
        secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        header = {"alg": "HS256", "typ": "JWT", "kid": self.current.kid}
        head = ".".join(_base64(json.dumps(p)) for p in (header, self.claims(service_url)))
        seal = hmac.new(secret, head.encode(), hashlib.sha256).digest()
        return f"{head}.{_base64(seal)}"


def _base64(content: str | bytes) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class TokenCase:
    """One Authorization header and whether a careful bot accepts it."""

    accepted: bool
    header: Callable[[Issuer, str], str | None]


def _signed(**how: Any) -> Callable[[Issuer, str], str | None]:  # noqa: ANN401 - Issuer.token's
    return lambda issuer, url: f"Bearer {issuer.token(url, **how)}"


def _expired(minutes: int) -> Callable[[Issuer, str], str | None]:
    def header(issuer: Issuer, url: str) -> str:
        return f"Bearer {issuer.token(url, changed={'exp': int(time.time()) - minutes * MINUTE})}"

    return header


def _other_slash(issuer: Issuer, url: str) -> str:
    other = url.rstrip("/") if url.endswith("/") else f"{url}/"
    return f"Bearer {issuer.token(other)}"


def _tampered(issuer: Issuer, url: str) -> str:
    head, _, seal = issuer.token(url).rsplit(".", 2)
    return f"Bearer {head}.{_base64(json.dumps(issuer.claims(url) | {'extra': 1}))}.{seal}"


# Every header that a bot's door must know; the genuine ones must still open it.
TOKEN_CASES: Final[dict[str, TokenCase]] = {
    "genuine": TokenCase(True, _signed()),
    "trailing slash differs": TokenCase(True, _other_slash),
    "expired 4 minutes ago": TokenCase(True, _expired(4)),
    "expired 6 minutes ago": TokenCase(False, _expired(6)),
    "no exp": TokenCase(False, _signed(without="exp")),
    "wrong iss": TokenCase(False, _signed(changed={"iss": "https://sts.windows.net/x/"})),
    "no iss": TokenCase(False, _signed(without="iss")),
    "wrong aud": TokenCase(False, _signed(changed={"aud": "another-app"})),
    "no aud": TokenCase(False, _signed(without="aud")),
    "signed by a stranger": TokenCase(
        False, lambda i, url: f"Bearer {i.token(url, key=STRANGER, kid=i.current.kid)}"
    ),
    "unknown kid": TokenCase(False, _signed(key=STRANGER)),
    "content changed": TokenCase(False, _tampered),
    "alg none": TokenCase(False, lambda i, url: f"Bearer {i.unsigned(url)}"),
    "HS256": TokenCase(False, lambda i, url: f"Bearer {i.symmetric(url)}"),
    "another serviceurl": TokenCase(
        False, _signed(changed={"serviceurl": "https://smba.trafficmanager.net/elsewhere/"})
    ),
    "no serviceurl": TokenCase(False, _signed(without="serviceurl")),
    "missing endorsement": TokenCase(False, _signed(key=UNENDORSED)),
    "garbage": TokenCase(False, lambda _i, _url: "Bearer not.a.token"),
    "bytes outside ASCII": TokenCase(False, lambda _i, _url: "Bearer \u00e4\u00f6\u00fc.x.y"),
    "empty bearer": TokenCase(False, lambda _i, _url: "Bearer "),
    "no scheme": TokenCase(False, lambda i, url: i.token(url)),
    "another scheme": TokenCase(False, lambda _i, _url: "Basic dXNlcjpwYXNz"),
    "no header": TokenCase(False, lambda _i, _url: None),
}
