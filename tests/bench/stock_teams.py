"""The baselines of Teams' way in: a bare Starlette handler, and the SDK as it comes.

The SDK's adapter gets what its `ConfigurationBotFrameworkAuthentication` builds from a
configuration: its own check of tokens, against the fake's keys, and its own connector factory.
"""

from typing import Any

from botbuilder.core import ActivityHandler, CloudAdapterBase
from botbuilder.schema import Activity
from botframework.connector.auth import BotFrameworkAuthenticationFactory
from botframework.connector.auth.password_service_client_credential_factory import (
    PasswordServiceClientCredentialFactory,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.asgi import JSON, measured
from tests.bench.fake_teams import PATH

SCOPE = "https://api.botframework.com"
LOGIN = "https://login.microsoftonline.com/botframework.com"
OAUTH = "https://api.botframework.com"


class _Adapter(CloudAdapterBase):  # type: ignore[misc] # the SDK publishes no types
    """The SDK's adapter, nothing added."""


class BareTeams:
    """A handler that reads a JSON body and answers 202."""

    def __init__(self) -> None:
        self.app = Starlette(routes=[Route(PATH, _bare, methods=["POST"])])

    async def start(self) -> None:
        """Nothing is to be made ready."""

    async def stop(self) -> None:
        """Nothing is open."""

    async def round(self, requests: list[JSON]) -> JSON:
        """Answer requests and measure it."""
        return await measured(self.app, requests, (202,))


class StockTeams:
    """The SDK's adapter behind Starlette, with an empty bot."""

    async def start(self, teams: dict[str, Any]) -> None:
        """Build the adapter for the fake's keys and issuer."""
        app_id, password = teams["app_id"], teams["password"]
        authentication = BotFrameworkAuthenticationFactory.create(
            to_channel_from_bot_login_url=LOGIN,
            to_channel_from_bot_oauth_scope=SCOPE,
            to_bot_from_channel_token_issuer=SCOPE,
            oauth_url=OAUTH,
            to_bot_from_channel_open_id_metadata_url=teams["openid_url"],
            to_bot_from_emulator_open_id_metadata_url=teams["openid_url"],
            credential_factory=PasswordServiceClientCredentialFactory(
                app_id, password, teams["tenant"]
            ),
        )
        adapter, bot = _Adapter(authentication), ActivityHandler()

        async def endpoint(request: Request) -> Response:
            activity = Activity().deserialize(await request.json())
            header = request.headers.get("authorization", "")
            invoked = await adapter.process_activity(header, activity, bot.on_turn)
            return Response(status_code=202) if invoked is None else Response(invoked.body)

        self.app = Starlette(routes=[Route(PATH, endpoint, methods=["POST"])])

    async def stop(self) -> None:
        """Nothing is open."""

    async def round(self, requests: list[JSON]) -> JSON:
        """Answer requests and measure it."""
        return await measured(self.app, requests, (202,))


async def _bare(request: Request) -> Response:
    await request.json()
    return Response(status_code=202)
