"""Slack's routes: size, timestamp, signature over the raw bytes, parse once, then the dispatcher.

Bolt never sees a byte that Slack did not sign, and no line of the log carries a body.
"""

import base64
import html
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urljoin

import aiohttp
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters import metrics, signing
from adapters.config import Settings
from adapters.ears import Ears
from adapters.slack import limits, parse
from adapters.slack.api import API, Failed
from adapters.slack.auth import repetition, signature_ok
from adapters.slack.dispatch import Dispatcher
from adapters.slack.manifest import OPTIONAL_SCOPES, SCOPES
from adapters.slack.parse import JSON, PLATFORM
from adapters.slack.reply import Replies
from adapters.slack.send import Sender
from adapters.slack.socket import Socket
from adapters.slack.tokens import Tokens

log = structlog.get_logger()

INSTALL, RETURN, EVENTS = "/slack/install", "/slack/oauth_redirect", "/slack/events"
_COOKIE = "groundswell_install"


class SlackPlatform:
    """Everything of Slack's: routes, the way out, start and stop, health."""

    def __init__(
        self,
        settings: Settings,
        ears: Ears,
        *,
        key: bytes,
        session: aiohttp.ClientSession | None = None,
        pace: limits.Pace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the settings, the way in, and the key that signs what travels through clients."""
        secret = settings.secret_key.get_secret_value()
        self.key = key
        self._settings = settings
        self._ears = ears
        self._now = now
        self._api = API(settings.slack_api_url, session)
        self._secret = settings.slack_signing_secret.get_secret_value()
        self.tokens = Tokens(
            ears,
            self._api,
            key=base64.urlsafe_b64encode(signing.derive(secret, "slack tokens")),
            fixed=settings.slack_bot_token.get_secret_value(),
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret.get_secret_value(),
            now=now,
        )
        self.sender = Sender(self._api, self.tokens, pace or limits.Pace(), key=self.key)
        self._replies = Replies(ears, self._api, self.tokens, key=self.key)
        self._dispatcher: Dispatcher | None = None
        self._socket: Socket | None = None

    @property
    def routes(self) -> list[Route]:
        """Return the routes that the settings ask for."""
        made = []
        if self._secret:  # without it nothing could be verified, so nothing is taken
            made.append(Route(EVENTS, self._events, methods=["POST"]))
        if self._settings.slack_client_id:
            made.append(Route(INSTALL, self._install, methods=["GET"]))
            made.append(Route(RETURN, self._installed, methods=["GET"]))
        return made

    @property
    def dispatcher(self) -> Dispatcher:
        """Return the dispatcher; made inside the running loop."""
        if self._dispatcher is None:
            self._dispatcher = Dispatcher(
                self._replies, self.tokens, self._api, secret=self._secret
            )
        return self._dispatcher

    async def start(self) -> None:
        """Find out who we are, and open the socket if that is the mode."""
        try:
            await self.tokens.home()
        except Failed as failed:
            # Slack may be down when we start; it is asked again with the first request.
            log.warning("slack did not say who we are", code=failed.code)
        app_token = self._settings.slack_app_token.get_secret_value()
        if app_token:
            self._socket = Socket(self._api, app_token, self.dispatcher.dispatch)
            await self._socket.start()

    async def stop(self) -> None:
        """Take nothing in any more; the sender keeps its connections until it is closed."""
        if self._socket is not None:
            await self._socket.stop()

    def health(self) -> dict[str, str]:
        """Say "ok" or what an operator must do, by name."""
        told = {"slack": "ok"}
        if self.tokens.faults:
            faults = sorted(f"{place}: {code}" for place, code in self.tokens.faults.items())
            told["slack"] = "reinstall needed: " + ", ".join(faults)
        if self._socket is not None:
            told["slack socket"] = self._socket.health()
        return told

    # --- events, commands and interactions -------------------------------------------------

    async def _events(self, request: Request) -> Response:
        raw = await _read(request)
        if raw is None:
            return _refused(413, "too_large")
        stamp = request.headers.get("x-slack-request-timestamp", "")
        given = request.headers.get("x-slack-signature", "")
        if not signature_ok(self._secret.encode(), stamp, given, raw, self._now().timestamp()):
            if not given and raw.startswith(b"ssl_check=1"):
                return Response(status_code=200)  # a probe of the certificate, without effect
            log.info("slack signature refused", size=len(raw))
            return _refused(401, "signature")
        body = _parsed(raw, request.headers.get("content-type", ""))
        if body is None:
            return _refused(400, "malformed")
        return _asked_by_slack(body) or await self._dispatched(request, body)

    async def _dispatched(self, request: Request, body: JSON) -> Response:
        if not parse.well_formed(body):
            return _refused(400, "malformed")
        headers = repetition(
            request.headers.get("x-slack-retry-num", ""),
            request.headers.get("x-slack-retry-reason", ""),
        )
        response = await self.dispatcher.dispatch(body, headers)
        kind = response.first_headers().get("content-type") if response.body else None
        return Response(response.body, response.status, media_type=kind)

    # --- installing ------------------------------------------------------------------------

    def _return_address(self) -> str:
        return self._settings.public_url + RETURN

    async def _install(self, _request: Request) -> Response:
        """Send an administrator to Slack, with a state that works once and in this browser."""
        state = secrets.token_urlsafe(32)
        ends = self._now() + timedelta(seconds=limits.INSTALL_SECONDS)
        await self._ears.run(lambda uow: uow.installations.issue_state(state, ends))
        query = urlencode(
            {
                "client_id": self._settings.slack_client_id,
                "scope": ",".join((*SCOPES, *OPTIONAL_SCOPES)),
                "state": state,
                "redirect_uri": self._return_address(),
            }
        )
        there = urljoin(self._settings.slack_api_url, "/oauth/v2/authorize")
        answer = RedirectResponse(f"{there}?{query}", status_code=302)
        answer.set_cookie(
            _COOKIE,
            state,
            max_age=limits.INSTALL_SECONDS,
            path="/slack",
            secure=self._settings.public_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
        return answer

    async def _installed(self, request: Request) -> Response:
        """Exchange the code that Slack sent the administrator back with."""
        state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
        mine = secrets.compare_digest(state.encode(), request.cookies.get(_COOKIE, "").encode())
        now = self._now()
        fresh = bool(state) and await self._ears.run(
            lambda uow: uow.installations.consume_state(state, now)
        )
        if not (mine and fresh and code):
            return _page(400, "The installation was not finished. Please start it again.")
        try:
            answer = await self._api.call(
                "oauth.v2.access",
                {
                    "client_id": self._settings.slack_client_id,
                    "client_secret": self._settings.slack_client_secret.get_secret_value(),
                    "code": code,
                    "redirect_uri": self._return_address(),
                },
                form=True,
            )
            await self.tokens.install(answer)
        except Failed as failed:
            log.warning("slack installation failed", code=failed.code)
            return _page(502, "Slack did not finish the installation. Please start it again.")
        return _page(200, "Groundswell is installed. You can go back to Slack.")


async def _read(request: Request) -> bytes | None:
    """Read the body, and stop as soon as it is too large."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > limits.MAX_BODY:
        return None
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > limits.MAX_BODY:
                return None
    except ClientDisconnect:
        return b""
    return bytes(raw)


def _parsed(raw: bytes, content_type: str) -> JSON | None:
    """Parse once what Slack signed; None if it is not an object."""
    try:
        text = raw.decode()
        if content_type.partition(";")[0].strip().lower() == "application/json":
            found = json.loads(text)
        else:
            form = dict(
                parse_qsl(text, keep_blank_values=True, max_num_fields=limits.MAX_FORM_FIELDS)
            )
            found = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _asked_by_slack(body: JSON) -> Response | None:
    """Answer what Slack itself asks: whether this address is ours, and its certificate good."""
    if body.get("ssl_check") == "1":
        return Response(status_code=200)
    if body.get("type") != "url_verification":
        return None
    challenge = body.get("challenge")
    if not isinstance(challenge, str):
        return _refused(400, "malformed")
    return PlainTextResponse(challenge)


def _refused(status: int, reason: str) -> Response:
    metrics.refused.labels(PLATFORM, reason).inc()
    return Response(status_code=status)


def _page(status: int, words: str) -> Response:
    text = html.escape(words)
    page = f'<!doctype html><html lang="en"><title>Groundswell</title><p>{text}</p></html>'
    return HTMLResponse(page, status_code=status, headers={"cache-control": "no-store"})
