"""Who really sent this: our own check of the Bot Connector's tokens, tenants and addresses.

The SDK's check accepts tokens without ``exp``, asks for keys with a blocking request on the event
loop, and turns garbage into a 500, which the connector repeats. Here every doubt is a refusal, and
a refusal is 401 or 403.
"""

import asyncio
import ipaddress
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import jwt
import structlog

from adapters.teams import limits
from adapters.teams.proactive import text_of

log = structlog.get_logger()

ISSUER: Final = "https://api.botframework.com"
CHANNEL: Final = "msteams"


class Refusal(Exception):  # noqa: N818 - named as the fact it states
    """The request is not answered; ``reason`` is for our counters, never for the sender."""

    def __init__(self, status: int, reason: str) -> None:
        """Take the HTTP status and a fixed word for the counter."""
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Key:
    public: Any
    endorsements: frozenset[str]


class KeySet:
    """The connector's public keys: fetched once a day, and once more for an unknown key.

    All who wait for a fetch wait for the same one. A failed fetch leaves the old keys in use.
    """

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        url: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the address of the OpenID metadata; nothing is fetched before the first token."""
        self._session = session
        self._url = url
        self._clock = clock
        self._keys: dict[str, _Key] = {}
        self._fresh_until = float("-inf")
        self._not_before = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self.fault = ""

    async def get(self, kid: str) -> _Key | None:
        """Return a key by its name, after asking for new ones where that makes sense."""
        known = self._keys.get(kid)
        if known is None:
            await self._refreshed(unknown=bool(self._keys))
        elif self._clock() >= self._fresh_until:
            self._refresh(unknown=False)  # nobody waits: the old key is good enough meanwhile
        return self._keys.get(kid)

    async def close(self) -> None:
        """Give up a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _refresh(self, *, unknown: bool) -> asyncio.Task[None] | None:
        """Start a fetch unless one is under way or was tried just now."""
        if self._fetching is None or self._fetching.done():
            if self._clock() < self._not_before:
                return None
            if unknown:
                self._not_before = self._clock() + limits.KEYS_COOLDOWN
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _refreshed(self, *, unknown: bool) -> None:
        fetching = self._refresh(unknown=unknown)
        if fetching is not None:
            # One sender who gives up must not take the fetch away from the others.
            await asyncio.shield(fetching)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(limits.KEYS_SECONDS):
                metadata = await self._read(self._url)
                published = await self._read(str(metadata["jwks_uri"]))
            self._keys = _parsed(published)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError) as e:
            self.fault = f"the connector's keys could not be fetched: {type(e).__name__}"
            self._not_before = max(self._not_before, self._clock() + limits.KEYS_SECONDS)
            log.warning("teams.keys_failed", error=type(e).__name__, kept=len(self._keys))
            return
        self.fault = ""
        self._fresh_until = self._clock() + limits.KEYS_LIVE

    async def _read(self, url: str) -> dict[str, Any]:
        async with self._session().get(url) as response:
            response.raise_for_status()
            content = await response.content.read(limits.KEYS_BYTES)
        found = json.loads(content)
        if not isinstance(found, dict):
            raise TypeError("not an object")
        return found


def _parsed(published: Mapping[str, Any]) -> dict[str, _Key]:
    keys: dict[str, _Key] = {}
    for one in published["keys"]:
        if one.get("kty") == "RSA" and isinstance(one.get("kid"), str):
            public = jwt.PyJWK(one, algorithm="RS256").key
            keys[one["kid"]] = _Key(public, frozenset(one.get("endorsements") or ()))
    if not keys:
        raise ValueError("no keys")
    return keys


class Door:
    """Checks every request in the order of its price."""

    def __init__(
        self, keys: KeySet, *, app_id: str, hosts: "Hosts", tenants: frozenset[str]
    ) -> None:
        """Take whom to trust; without ``app_id`` this is the local mode of unsigned requests."""
        self._keys = keys
        self._app_id = app_id
        self._hosts = hosts
        self._tenants = frozenset(tenant.lower() for tenant in tenants)

    async def claims(self, authorization: str) -> Mapping[str, Any]:
        """Return what a good token says; raise ``Refusal`` for any other."""
        if not self._app_id:
            return {}
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > limits.TOKEN_HEADER:
            raise Refusal(401, "no_token")
        key = await self._keys.get(_kid(token))
        if key is None:
            raise Refusal(401, "unknown_key")
        try:
            claims = self._decoded(token, key)
        except Exception as error:
            # Whatever a token does to its reader, it is a bad token.
            raise Refusal(401, "bad_token") from error
        if CHANNEL not in key.endorsements:
            raise Refusal(403, "not_endorsed")
        return claims

    def _decoded(self, token: str, key: _Key) -> Mapping[str, Any]:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=["RS256"],
            audience=self._app_id,
            issuer=ISSUER,
            leeway=limits.CLOCK_LEEWAY,
            options={"require": ["exp", "iss", "aud"]},
        )
        return claims

    def admit(self, raw: Mapping[str, object], claims: Mapping[str, Any]) -> None:
        """Refuse an activity whose address or tenant is not the one the token was given for."""
        service_url = text_of(raw, "serviceUrl")
        if not service_url:
            raise Refusal(403, "no_service_url")
        if self._app_id:
            claimed = claims.get("serviceurl")
            if not isinstance(claimed, str) or claimed.rstrip("/") != service_url.rstrip("/"):
                raise Refusal(403, "other_service_url")
        if not self._hosts.trusted(service_url):
            raise Refusal(403, "foreign_service_url")
        self._check_tenant(raw)

    def _check_tenant(self, raw: Mapping[str, object]) -> None:
        named = {tenant.lower() for path in _TENANT_PATHS if (tenant := text_of(raw, *path))}
        if not named:
            raise Refusal(403, "no_tenant")
        if self._tenants and not named <= self._tenants:
            raise Refusal(403, "foreign_tenant")
        if text_of(raw, "from", "userRole").lower() in {"guest", "anonymous"}:
            raise Refusal(403, "guest")


# Where activities name a tenant: the conversation's, and for people from elsewhere their own.
_TENANT_PATHS: Final = (
    ("channelData", "tenant", "id"),
    ("conversation", "tenantId"),
    ("from", "tenantId"),
)


def _kid(token: str) -> str:
    """Return which key a token claims; nothing in it is trusted yet."""
    try:
        header = jwt.get_unverified_header(token)
    except Exception as error:
        raise Refusal(401, "bad_token") from error
    kid = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(kid, str):
        raise Refusal(401, "wrong_algorithm")
    return kid


class Hosts:
    """Where messages and tokens may go: addresses of the Bot Connector, and nowhere else."""

    def __init__(self, names: Sequence[str], *, local: bool) -> None:
        """Take host names, ``*.`` for all below one; ``local`` adds this machine, without TLS."""
        self._names = tuple(name.lower() for name in names)
        self._local = local

    def trusted(self, url: str) -> bool:
        """Tell whether an address is on the list, over TLS unless it is this machine."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        if not host or "@" in parts.netloc or parts.query or parts.fragment:
            return False
        if on_this_machine(host):
            listed = host in self._names or f"{host}:{port}" in self._names
            return parts.scheme in {"http", "https"} and (self._local or listed)
        return parts.scheme == "https" and port in {None, 443} and self._listed(host)

    def _listed(self, host: str) -> bool:
        return any(
            host.endswith(name[1:]) if name.startswith("*.") else host == name
            for name in self._names
        )


def on_this_machine(host: str) -> bool:
    """Tell whether a host name means loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
