"""Installations: encrypted tokens, cached authorisation, and rotation by one caller at a time.

A refresh token works once. So whoever refreshes holds a lock of this process and the row's lock
in the database, reads again, and stores both new tokens in the same transaction; everybody else
waits and finds the new token.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

import structlog
from cryptography.fernet import Fernet, InvalidToken

from adapters.slack.api import API, Failed
from adapters.slack.parse import PLATFORM
from bot.delivery import Revoked
from bot.ports import Installation, Unavailable, UnitOfWork

T = TypeVar("T")
log = structlog.get_logger()

REFRESH_BEFORE = timedelta(minutes=120)
"""Slack's SDK refreshes two hours before a token's end; tokens live twelve."""
CACHE_SECONDS = 300.0
"""How long an installation is used without looking again; ours."""
_REFRESH_SECONDS = 15.0
_ENDED = {"token_expired"}


class Work(Protocol):
    """What is needed of the way in: units of work off the event loop."""

    async def run(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run ``work`` in a unit of work of its own and commit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorized:
    """Who the bot is in one workspace, and its token."""

    workspace: str
    token: str
    bot_id: str = ""
    bot_user: str = ""
    scopes: str = ""


@dataclass(slots=True)
class _Cached:
    authorized: Authorized
    until: float
    expires_at: datetime | None = None


class Tokens:
    """Answer who we are in a workspace: from the setting, the cache, or the installations."""

    def __init__(
        self,
        work: Work,
        api: API,
        *,
        key: bytes,
        fixed: str = "",
        client_id: str = "",
        client_secret: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a Fernet key; ``fixed`` is the token of a bot that serves one workspace."""
        self._work = work
        self._api = api
        self._fernet = Fernet(key)
        self._fixed = fixed
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._now = now
        self._clock = clock
        self._cache: dict[str, _Cached] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._home: Authorized | None = None
        self.faults: dict[str, str] = {}

    async def authorized(self, workspace: str) -> Authorized | None:
        """Return who we are there, None if the app is not installed there."""
        cached = self._cached(workspace)
        if cached is not None:
            return cached
        async with self._lock(workspace):
            cached = self._cached(workspace)
            if cached is not None:
                return cached
            home = await self.home()
            if home is not None and home.workspace == workspace:
                return home
            return await self._installed(workspace)

    async def home(self) -> Authorized | None:
        """Return who the fixed token belongs to; one ``auth.test`` for its whole life."""
        if not self._fixed or self._home is not None:
            return self._home
        async with self._lock(""):
            if self._home is None:
                self._home = await self._identity(self._fixed)
                self._keep(self._home, None)
        return self._home

    async def renewed(self, refused: Authorized, code: str) -> Authorized | None:
        """Return another token after Slack refused one; None if there is no other."""
        workspace = refused.workspace
        cached = self._cache.get(workspace)
        if cached is not None and cached.authorized.token == refused.token:
            del self._cache[workspace]
        if refused.token == self._fixed:
            self._home = None
        if refused.token == self._fixed or code not in _ENDED:
            self.faults[workspace] = code
            return None
        async with self._lock(workspace):
            return self._cached(workspace) or await self._installed(workspace, refused)

    async def install(self, answer: Mapping[str, Any]) -> str:
        """Store what ``oauth.v2.access`` granted; return the workspace."""
        token = str(answer.get("access_token", ""))
        who = await self._identity(token)
        team, granted = answer.get("team") or {}, self._granted(answer)
        row = Installation(
            workspace=f"{PLATFORM}:{who.workspace}",
            secrets=self._sealed(token, granted[0]),
            facts={
                "bot_id": who.bot_id,
                "bot_user": who.bot_user,
                "scopes": str(answer.get("scope", "")),
                "name": str(team.get("name", "")) if isinstance(team, dict) else "",
            },
            expires_at=granted[1],
            installed_at=self._now(),
        )
        await self._work.run(lambda uow: uow.installations.save(row))
        self._cache.pop(who.workspace, None)
        self.faults.pop(who.workspace, None)
        log.info("slack installed", workspace=who.workspace)
        return who.workspace

    async def remove(self, workspace: str) -> None:
        """Mark an installation as ended and forget its token."""

        def end(uow: UnitOfWork) -> None:
            row = uow.installations.get(f"{PLATFORM}:{workspace}")
            if row is not None and row.active:
                uow.installations.save(_changed(row, secrets=b"", active=False, expires_at=None))

        await self._work.run(end)
        self._cache.pop(workspace, None)
        self.faults[workspace] = "uninstalled"
        log.info("slack uninstalled", workspace=workspace)

    # --- inside ----------------------------------------------------------------------------

    def _lock(self, workspace: str) -> asyncio.Lock:
        return self._locks.setdefault(workspace, asyncio.Lock())

    def _cached(self, workspace: str) -> Authorized | None:
        cached = self._cache.get(workspace)
        if cached is None or cached.until <= self._clock():
            return None
        due = cached.expires_at is not None and self._due(cached.expires_at)
        return None if due else cached.authorized

    def _keep(self, who: Authorized, expires_at: datetime | None) -> None:
        until = self._clock() + CACHE_SECONDS if who.token != self._fixed else float("inf")
        self._cache[who.workspace] = _Cached(who, until, expires_at)
        self.faults.pop(who.workspace, None)

    def _due(self, expires_at: datetime) -> bool:
        return expires_at - REFRESH_BEFORE <= self._now()

    async def _identity(self, token: str) -> Authorized:
        answer = await self._api.call("auth.test", token=token)
        for_all = bool(answer.get("is_enterprise_install"))
        place = answer.get("enterprise_id") if for_all else answer.get("team_id")
        return Authorized(
            workspace=str(place or ""),
            token=token,
            bot_id=str(answer.get("bot_id") or ""),
            bot_user=str(answer.get("user_id") or ""),
        )

    async def _installed(
        self, workspace: str, refused: Authorized | None = None
    ) -> Authorized | None:
        """Read an installation; refresh its token if it ends soon or Slack refused it."""
        loop = asyncio.get_running_loop()

        def refresh(refresh_token: str) -> dict[str, Any]:
            # This runs in a thread that holds the row's lock; the call itself runs on the loop.
            call = self._api.call(
                "oauth.v2.access",
                {
                    "grant_type": "refresh_token",
                    "refresh_token": refresh_token,
                    **self._client,
                },
                form=True,
            )
            return asyncio.run_coroutine_threadsafe(call, loop).result(_REFRESH_SECONDS)

        def read(uow: UnitOfWork) -> tuple[Authorized, datetime | None] | None:
            row = uow.installations.get(f"{PLATFORM}:{workspace}")
            if row is None or not row.active:
                return None
            token, refresh_token = self._opened(row.secrets)
            refused_now = refused is not None and refused.token == token
            if refresh_token and (refused_now or (row.expires_at and self._due(row.expires_at))):
                answer = refresh(refresh_token)
                token = str(answer.get("access_token", ""))
                new_refresh, expires_at = self._granted(answer)
                secrets = self._sealed(token, new_refresh or refresh_token)
                row = _changed(row, secrets=secrets, expires_at=expires_at)
                uow.installations.save(row)
            elif refused_now:
                return None
            return _authorized(workspace, token, row.facts), row.expires_at

        try:
            found = await self._work.run(read)
        except Failed as failed:
            self.faults[workspace] = failed.code
            raise
        if found is None:
            return None
        self._keep(*found)
        return found[0]

    def _granted(self, answer: Mapping[str, Any]) -> tuple[str, datetime | None]:
        """Return the refresh token and the end of the access token, if it has one."""
        seconds = answer.get("expires_in")
        expires_at = self._now() + timedelta(seconds=int(seconds)) if seconds else None
        return str(answer.get("refresh_token") or ""), expires_at

    def _sealed(self, token: str, refresh_token: str) -> bytes:
        return self._fernet.encrypt(json.dumps([token, refresh_token]).encode())

    def _opened(self, secrets: bytes) -> tuple[str, str]:
        try:
            token, refresh_token = json.loads(self._fernet.decrypt(secrets))
        except InvalidToken:
            # Another secret key than the one it was stored with: only reinstalling helps.
            raise Failed(Revoked(reason="key_changed"), "key_changed") from None
        return str(token), str(refresh_token)


def _authorized(workspace: str, token: str, facts: Mapping[str, str]) -> Authorized:
    return Authorized(
        workspace=workspace,
        token=token,
        bot_id=facts.get("bot_id", ""),
        bot_user=facts.get("bot_user", ""),
        scopes=facts.get("scopes", ""),
    )


def _changed(row: Installation, **changes: Any) -> Installation:  # noqa: ANN401
    values = {name: getattr(row, name) for name in Installation.__dataclass_fields__}
    return Installation(**(values | changes))


def unavailable(failed: Failed) -> Unavailable:
    """Say that a request cannot be served now because Slack did not tell who we are."""
    return Unavailable(f"Slack answered {failed.code}")
