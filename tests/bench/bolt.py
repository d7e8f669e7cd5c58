"""The baseline of Slack's way in: plain Bolt, its Starlette adapter, its SQLAlchemy store.

As its documentation shows it: OAuth settings with an installation store, the default authorize
(two queries and `auth.test` for each request, caches off), 120 listeners that do nothing. On
PostgreSQL the store is Bolt's asynchronous one; for SQLite that one needs a driver that is not
installed here, so its synchronous sister is called straight from the loop, which costs less.
"""

import asyncio
import re
import socket
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.sqlalchemy import (
    AsyncSQLAlchemyInstallationStore,
    SQLAlchemyInstallationStore,
)
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.asgi import JSON, measured
from tests.bench.workspace import (
    BOT_TOKEN,
    CIO,
    CLIENT_ID,
    CLIENT_SECRET,
    EVENTS,
    MINE,
    PULSE,
    SEND,
    SIGNING_SECRET,
    TEAM,
)

LISTENERS = 120


class _Calling(AsyncInstallationStore):
    """The synchronous store under the asynchronous interface."""

    def __init__(self, store: SQLAlchemyInstallationStore) -> None:
        self._store = store

    async def async_save(self, installation: Installation) -> None:
        """Store an installation."""
        self._store.save(installation)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """Find an installation."""
        return self._store.find_installation(
            enterprise_id=enterprise_id,
            team_id=team_id,
            user_id=user_id,
            is_enterprise_install=is_enterprise_install,
        )

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """Find a bot."""
        return self._store.find_bot(
            enterprise_id=enterprise_id,
            team_id=team_id,
            is_enterprise_install=is_enterprise_install,
        )


async def _nothing(ack: AsyncAck) -> None:
    await ack()


class Bolt:
    """One Bolt application with one installed workspace."""

    async def start(self, url: str, api_url: str) -> None:
        """Build the application and install the workspace."""
        self._engine = None if url.startswith("sqlite") else create_async_engine(url)
        store = await _store(url, self._engine)
        bolt = AsyncApp(
            signing_secret=SIGNING_SECRET,
            client=AsyncWebClient(base_url=api_url),
            oauth_settings=AsyncOAuthSettings(
                client_id=CLIENT_ID, client_secret=CLIENT_SECRET, installation_store=store
            ),
        )
        _listen(bolt)
        handler = AsyncSlackRequestHandler(bolt)

        async def endpoint(request: Request) -> Response:
            return await handler.handle(request)

        self.app = Starlette(routes=[Route(EVENTS, endpoint, methods=["POST"])])
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        await store.async_save(
            Installation(
                app_id="A1",
                team_id=TEAM,
                user_id=CIO,
                bot_token=BOT_TOKEN,
                bot_id="B1",
                bot_user_id="UBOT",
                bot_scopes=["chat:write"],
            )
        )

    async def stop(self) -> None:
        """Stop serving and close connections."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        if self._engine is not None:
            await self._engine.dispose()

    async def round(self, requests: list[JSON]) -> JSON:
        """Answer requests and measure it."""
        return await measured(self.app, requests, (200,))

    async def listen(self) -> int:
        """Serve over HTTP too; return the port, on which requests may come from now on."""
        door = socket.create_server(("127.0.0.1", 0), backlog=128)
        settings = uvicorn.Config(self.app, log_config=None, access_log=False)
        self._server = uvicorn.Server(settings)
        self._serving = asyncio.create_task(self._server.serve(sockets=[door]))
        port: int = door.getsockname()[1]
        return port


def _listen(bolt: AsyncApp) -> None:
    """Register the listeners; those that match stand in the middle, as on average."""
    ours: list[str | re.Pattern[str]] = [re.compile(f"^{re.escape(PULSE)}:"), SEND, MINE]
    others: list[Any] = [f"feature.action_{number}" for number in range(LISTENERS - 1 - len(ours))]
    middle = len(others) // 2
    for name in (*others[:middle], *ours, *others[middle:]):
        bolt.action(name)(_nothing)
    bolt.event("message")(_nothing)


async def _store(url: str, engine: AsyncEngine | None) -> AsyncInstallationStore:
    if engine is None:
        plain = SQLAlchemyInstallationStore(client_id=CLIENT_ID, engine=create_engine(url))
        plain.create_tables()  # type: ignore[no-untyped-call] # the SDK names no types here
        return _Calling(plain)
    store = AsyncSQLAlchemyInstallationStore(client_id=CLIENT_ID, engine=engine)
    await store.create_tables()  # type: ignore[no-untyped-call] # the same
    return store
