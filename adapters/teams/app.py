"""The route of Teams: size, token, tenant, one turn, one answer.

Events are acknowledged with 202 after the commit, invokes answered inline with 200. Nothing that a
sender can do makes a 5xx: the connector would send it again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4

import aiohttp
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as HTTPRoute

from adapters import metrics
from adapters.config import Settings, WrongSettings
from adapters.ears import Ears
from adapters.health import OK
from adapters.teams import ids, limits, render
from adapters.teams.answers import Answering
from adapters.teams.auth import Door, Hosts, KeySet, Refusal, on_this_machine
from adapters.teams.botbuilder import Seam
from adapters.teams.connector import Connector
from adapters.teams.handler import Turn, where
from adapters.teams.pace import Pace
from adapters.teams.proactive import Atlas, text_of
from adapters.teams.send import TeamsSender
from adapters.teams.text import clean
from adapters.teams.tokens import Tokens
from adapters.teams.words import Words
from adapters.voice import voice as speak
from bot.heard import Heard, Pressed, Submitted
from bot.messages import Answer
from bot.ports import Unavailable, Voice

log = structlog.get_logger()

PATH: Final = "/api/messages"
_DEEPEST: Final = 64  # activities of Teams are less than twenty deep


class TeamsPlatform:
    """Everything of Teams: the routes inwards, the sender outwards, and one session for both."""

    def __init__(
        self,
        settings: Settings,
        ears: Ears,
        *,
        key: bytes,
        voice: Callable[[str, str], Voice] = speak,
        pace: Pace | None = None,
    ) -> None:
        """Take the settings, the way into the core, and the key that signs our cards."""
        self._settings = settings
        self._ears = ears
        self._key = key
        self._voice = voice
        self._words = lru_cache(maxsize=64)(self._words_of)
        self._session: aiohttp.ClientSession | None = None
        self._seam = Seam()
        self._atlas = Atlas()
        hosts = Hosts(settings.teams_service_hosts, local=settings.teams_local)
        self._keys = KeySet(self._open_session, settings.teams_openid_url)
        self._tokens = self._make_tokens(settings)
        self._door = Door(
            self._keys, app_id=settings.teams_app_id, hosts=hosts, tenants=_tenants(settings)
        )
        self.sender = TeamsSender(
            Connector(self._open_session, self._tokens, hosts),
            self._atlas,
            key=key,
            bot=f"28:{settings.teams_app_id}" if settings.teams_app_id else "",
            pace=pace,
            words=self._words,
            close=self._close,
        )

    @property
    def routes(self) -> list[HTTPRoute]:
        """Return the one route."""
        return [HTTPRoute(PATH, self._messages, methods=["POST"])]

    async def start(self) -> None:
        """Refuse unsigned requests from anywhere but this machine."""
        if self._settings.teams_local and not self._settings.on_loopback:
            raise WrongSettings(
                "GROUNDSWELL_TEAMS_LOCAL takes unsigned requests,"
                " so GROUNDSWELL_HOST must be 127.0.0.1 or ::1"
            )
        self._open_session()

    async def stop(self) -> None:
        """Stop listening; what the relay still sends needs the session until ``sender.close``."""
        await self._keys.close()

    def health(self) -> dict[str, str]:
        """Return "ok", or what an operator must know."""
        faults = (self._keys.fault, self._tokens.fault if self._tokens else "")
        return {ids.PLATFORM: "; ".join(fault for fault in faults if fault) or OK}

    def _open_session(self) -> aiohttp.ClientSession:
        """Return the one session, opened on the first use because it needs a running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=limits.CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def _close(self) -> None:
        if self._tokens is not None:
            await self._tokens.close()
        if self._session is not None:
            await self._session.close()

    def _make_tokens(self, settings: Settings) -> Tokens | None:
        if not settings.teams_app_id:
            return None
        return Tokens(
            self._open_session,
            url=settings.teams_token_url,
            tenant=settings.teams_tenant_id,
            app_id=settings.teams_app_id,
            password=settings.teams_app_password.get_secret_value(),
        )

    def _words_of(self, lang: str) -> Words:
        return Words.of(self._voice(lang, ""))

    async def _messages(self, request: Request) -> Response:
        correlation = uuid4().hex[:16]
        with structlog.contextvars.bound_contextvars(correlation=correlation):
            response = await self._answered(request)
        response.headers["X-Correlation-Id"] = correlation
        return response

    async def _answered(self, request: Request) -> Response:
        try:
            raw, claims = await self._admitted(request)
        except Refusal as refusal:
            metrics.refused.labels(ids.PLATFORM, refusal.reason).inc()
            log.info("teams.refused", reason=refusal.reason, status=refusal.status)
            return Response(status_code=refusal.status)
        try:
            return await self._turn(raw, claims)
        except Unavailable:
            log.error("teams.unavailable", kind=text_of(raw, "type"))  # noqa: TRY400 - no traceback
            return Response(status_code=503)
        except Exception as error:  # noqa: BLE001 - what was not handled is sent again
            log.error(  # noqa: TRY400 - the text of an error may hold what somebody wrote
                "teams.failed", error=type(error).__name__, where=where(error)
            )
            return Response(status_code=500)

    async def _admitted(self, request: Request) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """Check in the order of price: size, token, form, address and tenant."""
        body = await _read(request)
        if self._settings.teams_local:
            _check_local(request)
        claims = await self._door.claims(request.headers.get("authorization", ""))
        raw = _activity(body)
        self._door.admit(raw, claims)
        return raw, claims

    async def _turn(self, raw: dict[str, Any], claims: Mapping[str, Any]) -> Response:
        words = self._words(text_of(raw, "locale"))
        turn = Turn(
            raw,
            key=self._key,
            hear=self._hear,
            apology=self._ears.apology,
            answering=Answering(key=self._key, words=words),
        )
        body = await self._seam.turn(raw, claims, turn.on_turn)
        if body is not None:
            return Response(body, media_type="application/json")
        if turn.heard is not None:
            await self._show_old_client(*turn.heard, words)
        return Response(status_code=202)

    async def _hear(self, event: Heard) -> Answer:
        answer = await self._ears.hear(event)
        self._atlas.learn(event)
        return answer

    async def _show_old_client(self, event: Heard, answer: Answer, words: Words) -> None:
        """Show what an invoke would have answered, to clients that press by sending a message."""
        if not isinstance(event, Pressed | Submitted) or not event.private:
            return
        if answer.dialog is not None:
            content = render.form_in_message(answer.dialog, key=self._key, words=words)
            outcome = await self.sender.show(event, content, answer.dialog.summary)
        elif answer.card is not None and answer.only_you:
            content = render.message(answer.card, key=self._key, words=words)
            outcome = await self.sender.show(event, content, answer.card.summary)
        else:
            return
        log.info("teams.old_client", outcome=type(outcome).__name__)


async def _read(request: Request) -> bytes:
    """Read the body, never more of it than the limit."""
    announced = request.headers.get("content-length", "0")
    if not (announced.isascii() and announced.isdecimal()):
        raise Refusal(400, "bad_length")
    if len(announced) > len(str(limits.BODY_LIMIT)) or int(announced) > limits.BODY_LIMIT:
        raise Refusal(413, "too_large")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limits.BODY_LIMIT:
                raise Refusal(413, "too_large")
    except ClientDisconnect as error:
        raise Refusal(400, "cut_off") from error
    return bytes(body)


def _check_local(request: Request) -> None:
    """Refuse what a web page open on this machine could send here."""
    host = request.headers.get("host", "")
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    if not on_this_machine(name):
        raise Refusal(403, "foreign_host")
    if "origin" in request.headers or "x-forwarded-for" in request.headers:
        raise Refusal(403, "not_local")


def _activity(body: bytes) -> dict[str, Any]:
    """Read an activity: a JSON object of sane depth with a type and a conversation."""
    try:
        raw: Any = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "malformed") from error
    if not isinstance(raw, dict) or not _shallow(raw):
        raise Refusal(400, "malformed")
    if b"\\u" in body or b"\0" in body:
        raw = {clean(key): _cleaned(one) for key, one in raw.items()}
    activity: dict[str, Any] = raw
    if not text_of(activity, "type") or not text_of(activity, "conversation", "id"):
        raise Refusal(400, "no_activity")
    return activity


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _shallow(raw: object) -> bool:
    level: Sequence[object] = [raw]
    for _ in range(_DEEPEST):
        level = [below for one in level for below in _below(one)]
        if not level:
            return True
    return False


def _below(node: object) -> Iterable[object]:
    if isinstance(node, dict):
        return [one for one in node.values() if isinstance(one, dict | list)]
    return [one for one in node if isinstance(one, dict | list)] if isinstance(node, list) else []


def _cleaned(node: Any) -> Any:  # noqa: ANN401 - JSON in, the same JSON out
    """Replace what JSON can write and no text can hold."""
    if isinstance(node, str):
        return clean(node)
    if isinstance(node, list):
        return [_cleaned(one) for one in node]
    if isinstance(node, dict):
        return {clean(key): _cleaned(one) for key, one in node.items()}
    return node


def _tenants(settings: Settings) -> frozenset[str]:
    named = {settings.teams_tenant_id, *settings.teams_tenants} - {""}
    return frozenset(tenant.lower() for tenant in named)
