"""The one HTTP client for Slack, and Slack's errors as outcomes.

All calls share one session. The SDK's own retries are off: a repeated ``chat.postMessage`` can
post twice, and its rate-limit handler sleeps inside the call. Whether to repeat is decided from
the outcome, elsewhere.
"""

import asyncio
import logging
import math
from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import limits
from bot.delivery import (
    Defect,
    Gone,
    Outcome,
    RateLimited,
    Refused,
    Revoked,
    Unanswered,
    Unreachable,
)

_PAUSE_SECONDS = 60.0
"""How long a workspace waits that may take no more messages at present; ours."""
_HOOKS = "hooks.slack.com"

_LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_Reasoned: TypeAlias = type[Unanswered | Revoked | Gone | Defect | Refused]
_ERRORS: dict[_Reasoned, frozenset[str]] = {
    Unanswered: frozenset(
        {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
    ),
    Revoked: frozenset(
        {
            "access_denied", "account_inactive", "invalid_auth", "not_allowed_token_type",
            "not_authed", "org_login_required", "token_expired", "token_revoked",
        }
    ),
    Gone: frozenset({"cannot_dm_bot", "is_archived", "user_disabled"}),
    Defect: frozenset(
        {
            "invalid_arg_name", "invalid_arguments", "invalid_array_arg", "invalid_blocks",
            "invalid_blocks_format", "invalid_charset", "invalid_form_data", "invalid_json",
            "invalid_post_type", "json_not_object", "missing_post_type", "msg_blocks_too_long",
            "msg_too_long", "no_text", "unknown_method", "view_too_large",
        }
    ),
}  # fmt: skip
"""Slack's error codes by what follows from them; every other one is ``Refused``."""
_OUTCOMES = {code: outcome for outcome, codes in _ERRORS.items() for code in codes}


SILENT = logging.getLogger("groundswell.slack.sdk")
"""The logger of Slack's SDK, which writes whole requests: it says nothing, at any level."""
SILENT.setLevel(logging.CRITICAL + 1)


class Failed(Exception):  # noqa: N818 - named as the fact it states
    """A call did not do what it should; ``outcome`` says what that means."""

    def __init__(self, outcome: Outcome, code: str) -> None:
        """Keep the outcome and Slack's own word for it."""
        super().__init__(code)
        self.outcome = outcome
        self.code = code


class API:
    """Call Slack's Web API and the addresses that its payloads carry."""

    def __init__(self, base_url: str, session: aiohttp.ClientSession | None = None) -> None:
        """Take the address of the Web API, and a session if there is one to share."""
        self.base_url = base_url
        self._session = session
        self._own = session is None
        self._client: AsyncWebClient | None = None

    @property
    def client(self) -> AsyncWebClient:
        """Return the SDK's client on the shared session; made inside the running loop."""
        if self._client is None:
            self._client = AsyncWebClient(
                base_url=self.base_url, session=self.session, retry_handlers=[], logger=SILENT
            )
        return self._client

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the one session of all calls."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=50),
                timeout=aiohttp.ClientTimeout(
                    total=limits.CALL_SECONDS, sock_connect=limits.CONNECT_SECONDS
                ),
            )
        return self._session

    async def call(
        self,
        method: str,
        args: Mapping[str, Any] | None = None,
        *,
        token: str = "",
        form: bool = False,
        seconds: float = limits.CALL_SECONDS,
    ) -> dict[str, Any]:
        """Call a method and return its answer; raise ``Failed`` for anything else."""
        sent = {"data" if form else "json": dict(args or {})}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with asyncio.timeout(seconds):
                answer = await self.client.api_call(method, headers=headers, **sent)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - all that can go wrong is told apart there
            raise _failed(error) from None
        return answer.data if isinstance(answer.data, dict) else {}

    async def respond(self, url: str, payload: Mapping[str, Any]) -> None:
        """Post to a ``response_url``; raise ``Failed`` unless it was taken."""
        if not self.answerable(url):
            raise Failed(Refused(reason="response_url"), "response_url")
        try:
            async with (
                asyncio.timeout(limits.ANSWER_SECONDS),
                self.session.post(url, json=dict(payload), allow_redirects=False) as response,
            ):
                status = response.status
        except Exception as error:  # noqa: BLE001 - all that can go wrong is told apart there
            raise _failed(error) from None
        if status != 200:  # noqa: PLR2004 - the one status that means taken
            raise Failed(Refused(reason=f"response_url_{status}"), f"http_{status}")

    def answerable(self, url: str) -> bool:
        """Tell whether an address is Slack's own; we post nowhere else."""
        try:
            there, here = urlsplit(url), urlsplit(self.base_url)
        except ValueError:
            return False
        hooks = there.scheme == "https" and there.netloc == _HOOKS
        return hooks or (there.scheme, there.netloc) == (here.scheme, here.netloc)

    async def close(self) -> None:
        """Close the session if it is ours."""
        if self._own and self._session is not None:
            await self._session.close()


def outcome_of(code: str, retry_after: float = _PAUSE_SECONDS) -> Outcome:
    """Say what an error code of Slack's means for the copy."""
    if code in _LIMITED:
        return RateLimited(after=retry_after)
    return _OUTCOMES.get(code, Refused)(reason=code)


def _failed(error: Exception) -> Failed:
    """Tell what went wrong: nothing was sent, no answer came, or Slack said no."""
    if isinstance(error, SlackApiError):
        return _said_no(error)
    name = type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Failed(Unreachable(reason=name), name)
    if isinstance(error, aiohttp.InvalidURL):
        return Failed(Defect(reason=name), name)
    # A timeout, a reset, or an answer that nobody could read: it may have been done.
    return Failed(Unanswered(reason=name), name)


def _said_no(error: SlackApiError) -> Failed:
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 200))
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if status == 429:  # noqa: PLR2004 - too many requests
        after = _seconds(getattr(response, "headers", {}).get("Retry-After"))
        return Failed(RateLimited(after=after), "ratelimited")
    if status >= 500 or status == 408:  # noqa: PLR2004 - the server failed, or waited too long
        return Failed(Unanswered(reason=f"http_{status}"), f"http_{status}")
    if isinstance(code, str) and code:
        return Failed(outcome_of(code), code)
    if status == 200:  # noqa: PLR2004 - a page of a proxy instead of an answer
        return Failed(Unanswered(reason="not_an_answer"), "not_an_answer")
    return Failed(Refused(reason=f"http_{status}"), f"http_{status}")


def _seconds(text: str | None) -> float:
    """Read Retry-After; what cannot be read counts as a second."""
    try:
        seconds = float(text or "")
    except ValueError:
        return 1.0
    return min(max(seconds, 1.0), 3_600.0) if math.isfinite(seconds) else 1.0
