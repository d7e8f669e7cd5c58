"""The seam to the archived SDK: a turn with its context and types, without its network.

The HTTP route has authenticated already, and nothing is sent from within a turn: what the bot says
goes through the outbox or is the reply to an invoke. ``on_turn_error`` stays unset, because with it
a failing invoke becomes a 501 and failing sends look like successes.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from botbuilder.core import CloudAdapterBase, TurnContext
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount
from botframework.connector.auth import BotFrameworkAuthentication, ClaimsIdentity
from botframework.connector.auth.authenticate_request_result import AuthenticateRequestResult
from botframework.connector.auth.connector_factory import ConnectorFactory

from adapters.teams.proactive import text_of

AUDIENCE: Final = "https://api.botframework.com"


class _NoConnector:
    """Stands where the SDK wants a client; a turn has nothing to send by itself."""


class Factory(ConnectorFactory):  # type: ignore[misc] # the SDK publishes no types
    """Gives the SDK its client without opening a connection for each turn."""

    async def create(self, *_: object) -> _NoConnector:
        """Return what the SDK keeps and never uses."""
        return _NoConnector()


class Authentication(BotFrameworkAuthentication):  # type: ignore[misc] # the SDK publishes no types
    """Refuses to authenticate: whoever comes here has been let in by ``auth``."""

    def __init__(self, factory: Factory) -> None:
        """Take the factory that every turn gets."""
        self._factory = factory

    async def authenticate_request(self, *_: object) -> None:
        """Refuse: a header never reaches the SDK."""
        raise PermissionError

    async def authenticate_streaming_request(self, *_: object) -> None:
        """Refuse: there is no streaming route."""
        raise PermissionError

    def create_connector_factory(self, *_: object) -> Factory:
        """Return the one factory."""
        return self._factory

    async def create_user_token_client(self, *_: object) -> None:
        """Return none: nobody signs in through the bot."""


class Adapter(CloudAdapterBase):  # type: ignore[misc] # the SDK publishes no types
    """The SDK's adapter with our authentication."""


class Seam:
    """Runs turns; one adapter serves all of them because it keeps nothing of any."""

    def __init__(self) -> None:
        """Build the SDK's objects once."""
        self._factory = Factory()
        self._adapter = Adapter(Authentication(self._factory))

    async def turn(
        self,
        raw: Mapping[str, Any],
        claims: Mapping[str, Any],
        logic: Callable[[TurnContext], Awaitable[None]],
    ) -> bytes | None:
        """Run a turn; return the body of an invoke's reply, None for other activities."""
        result = AuthenticateRequestResult()
        result.claims_identity = ClaimsIdentity(dict(claims), is_authenticated=True)
        result.audience = AUDIENCE
        result.connector_factory = self._factory
        response = await self._adapter.process_activity(result, _seen(raw), logic)
        return None if response is None else response.body


def _seen(raw: Mapping[str, Any]) -> Activity:
    """Build the SDK's activity from the plain texts in it.

    Its own reader maps ``tenantId`` to a name that never comes, drops what mentions hold and logs a
    line for each key it does not know; whoever needs more reads the raw dict.
    """
    return Activity(
        type=text_of(raw, "type"),
        id=text_of(raw, "id"),
        name=text_of(raw, "name") or None,
        channel_id=text_of(raw, "channelId"),
        service_url=text_of(raw, "serviceUrl"),
        from_property=ChannelAccount(
            id=text_of(raw, "from", "id"),
            name=text_of(raw, "from", "name"),
            aad_object_id=text_of(raw, "from", "aadObjectId"),
        ),
        recipient=ChannelAccount(id=text_of(raw, "recipient", "id")),
        conversation=ConversationAccount(
            id=text_of(raw, "conversation", "id"),
            conversation_type=text_of(raw, "conversation", "conversationType"),
        ),
    )
