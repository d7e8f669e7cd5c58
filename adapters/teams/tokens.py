"""The bot's own token: client credentials, one request for all who wait, five minutes early.

The SDK fetches one on the event loop in every turn and hides the identity provider's sentence
behind a ``KeyError``. Here the sentence reaches the operator, in the log and in the health report.
"""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import structlog

from adapters.teams import limits

log = structlog.get_logger()

SCOPE: Final = "https://api.botframework.com/.default"


class TokenRefused(Exception):  # noqa: N818 - named as the fact it states
    """The identity provider gives no token; the message is its own sentence."""


class TokenUnreachable(Exception):  # noqa: N818 - named as the fact it states
    """The identity provider did not answer."""


class Tokens:
    """Keeps one token fresh; ``get`` is cheap except once an hour."""

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        *,
        url: str,
        tenant: str,
        app_id: str,
        password: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take where to ask and as whom; nothing is asked before the first send."""
        self._session = session
        self._url = url.replace("{tenant}", tenant)
        self._form = {
            "grant_type": "client_credentials",
            "client_id": app_id,
            "client_secret": password,
            "scope": SCOPE,
        }
        self._clock = clock
        self._token = ""
        self._expires = 0.0
        self._not_before = 0.0
        self._fetching: asyncio.Task[str] | None = None
        self.fault = ""

    async def get(self) -> str:
        """Return a token that is good for a while; raise when there is none to be had."""
        now = self._clock()
        if self._token and now < self._expires - limits.TOKEN_EARLY:
            return self._token
        try:
            return await self._fetched()
        except (TokenRefused, TokenUnreachable):
            if self._token and self._clock() < self._expires:
                return self._token  # the early refresh failed; the old one is still good
            raise

    def forget(self, token: str) -> None:
        """Drop a token that the connector refused, unless a newer one has replaced it."""
        if token == self._token:
            self._token = ""

    async def close(self) -> None:
        """Give up a request that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def _fetched(self) -> str:
        if self._fetching is None or self._fetching.done():
            if self.fault and self._clock() < self._not_before:
                raise TokenRefused(self.fault)
            self._fetching = asyncio.create_task(self._fetch())
        return await asyncio.shield(self._fetching)

    async def _fetch(self) -> str:
        timeout = aiohttp.ClientTimeout(total=limits.ANSWER_SECONDS)
        try:
            async with self._session().post(
                self._url, data=self._form, timeout=timeout, allow_redirects=False
            ) as response:
                status = response.status
                content = await response.content.read(limits.ANSWER_BYTES)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("teams.token_unreachable", error=type(error).__name__)
            raise TokenUnreachable(type(error).__name__) from error
        return self._kept(status, _object(content))

    def _kept(self, status: int, body: dict[str, Any]) -> str:
        token, lifetime = body.get("access_token"), body.get("expires_in")
        if status == 200 and isinstance(token, str) and str(lifetime).isdecimal():  # noqa: PLR2004
            self._token, self._expires = token, self._clock() + int(str(lifetime))
            self.fault = ""
            return token
        if status >= 500 or status == 429:  # noqa: PLR2004 - HTTP's own numbers
            raise TokenUnreachable(f"status {status}")
        self.fault = str(body.get("error_description") or body.get("error") or f"status {status}")
        self._not_before = self._clock() + limits.TOKEN_COOLDOWN
        # This sentence names the cause (AADSTS7000215: wrong secret) and holds no secret itself.
        log.error("teams.token_refused", status=status, description=self.fault[:1_000])
        raise TokenRefused(self.fault)


def _object(content: bytes) -> dict[str, Any]:
    """Read a JSON object; an error page is an empty one."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
