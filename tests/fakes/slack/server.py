"""The HTTP side of the fake Slack: Web API, response_url, OAuth page and Socket Mode."""

import asyncio
import base64
import json
import secrets
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import WSMsgType, web

from .faults import Fault, FaultKind
from .limits import Buckets
from .methods import Kind, Method, check_content, edited, ephemeral, need_scope, table
from .state import JSON, RESPONSE_URL_USES, Call, Message, SlackError, State

MAX_BODY = 4 * 1024 * 1024
RESPONSE_URL = "response_url"
"""The name under which faults and the log know a post to a response_url."""
_RESPONSE_FIELDS = {
    "text", "blocks", "attachments", "response_type", "replace_original", "delete_original",
    "unfurl_links", "unfurl_media", "thread_ts", "metadata", "mrkdwn",
}  # fmt: skip


@dataclass(slots=True, weakref_slot=True, eq=False)
class Link:
    """One Socket Mode connection and the envelopes it has not acknowledged yet."""

    socket: web.WebSocketResponse
    waiting: dict[str, "asyncio.Future[JSON]"] = field(default_factory=dict)


class Server:
    """Serve one workspace; the base of FakeSlack, which adds the people."""

    def __init__(self, state: State, *, rate_limits: bool = False, channel_burst: int = 1) -> None:
        self.state = state
        state.notify = self.notify
        self.rate_limits = rate_limits
        self.buckets = Buckets(state.clock, channel_burst=channel_burst)
        self.methods: dict[str, Method] = table()
        self.faults: dict[str, list[Fault]] = {}
        self.links: list[Link] = []
        self._next_link = 0
        self._tickets: set[str] = set()
        self.counts: Counter[str] = Counter()
        self._peers: set[object] = set()
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    # --- life ------------------------------------------------------------------------------

    @property
    def origin(self) -> str:
        """Return the address of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        """Return the base of the Web API, for `base_url` of an SDK client."""
        return f"{self.origin}/api/"

    @property
    def connections(self) -> int:
        """Return how many TCP connections the app has opened to the Web API."""
        return len(self._peers)

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{id}", self._response_url)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._stopping.set()
        for link in self.links[:]:
            await link.socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def notify(self) -> None:
        """Wake whoever waits for something to happen at Slack."""
        self._changed.set()
        self._changed = asyncio.Event()

    # --- the Web API -----------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        self._peers.add(request.transport and request.transport.get_extra_info("peername"))
        name = request.match_info["method"]
        args = await self._arguments(request)
        fault = self._fault(name, args)
        if fault is not None and not fault.after_effect and fault.kind != FaultKind.LATENCY:
            self._log(name, args, str(fault.kind), effect=False)
            return await self._fail(request, fault)
        headers: dict[str, str] = {}
        try:
            answer = self._call(name, args, request.headers, headers)
        except SlackError as error:
            answer = {"ok": False, "error": error.code} | error.fields
        except Exception as error:
            self.state.violate(f"{name}: the fake itself failed: {error!r}")
            raise
        outcome = "ok" if answer["ok"] else str(answer["error"])
        self._log(name, args, str(fault.kind) if fault else outcome, effect=bool(answer["ok"]))
        if fault is not None:
            failed = await self._after(request, fault)
            if failed is not None:
                return failed
        status = 429 if outcome == "ratelimited" else 200
        return web.json_response(answer, status=status, headers=headers)

    def _log(self, method: str, args: JSON, outcome: str, *, effect: bool) -> None:
        now = self.state.clock.now()
        self.state.calls.append(
            Call(method=method, args=args, at=now, outcome=outcome, effect=effect)
        )
        self.counts[method] += 1
        self.notify()

    async def _arguments(self, request: web.Request) -> JSON:
        """Merge what came in the query, in a form, and as JSON."""
        args: JSON = dict(request.query)
        body = await request.read()
        if request.content_type == "application/json" and body:
            try:
                sent = json.loads(body)
            except ValueError:
                self.state.violate(f"{request.path}: body is not JSON")
                sent = {}
            args |= sent if isinstance(sent, dict) else {}
        elif body:
            args |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        return args

    def _call(
        self, name: str, args: JSON, headers: Mapping[str, str], answer_headers: dict[str, str]
    ) -> JSON:
        """Check one call as Slack does, in its order, then do it."""
        method = self.methods.get(name)
        if method is None:
            self.state.violate(f"{name}: unknown method")
            raise SlackError("unknown_method", req_method=name)
        self._authenticate(method, args, headers)
        if method.token == "bot":
            answer_headers["x-oauth-scopes"] = ",".join(sorted(self.state.scopes))
            answer_headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        clean = self._checked(name, method, args)
        wait = self._spend(name, method, clean)
        if wait:
            answer_headers["Retry-After"] = str(wait)
            raise SlackError("ratelimited")
        need_scope(self.state, *method.scopes)
        answer: JSON = {"ok": True} | method.handler(self.state, clean)
        if name == "apps.connections.open":
            answer["url"] = self._socket_url(answer.pop("ticket"))
        return answer

    def _spend(self, name: str, method: Method, args: JSON) -> int:
        if not self.rate_limits:
            return 0
        channel = args["channel"] if method.per_channel else None
        return self.buckets.spend(name, method.budget, channel)

    def _authenticate(self, method: Method, args: JSON, headers: Mapping[str, str]) -> None:
        """Find out who calls; the token leaves the arguments here."""
        scheme, _, value = headers.get("Authorization", "").partition(" ")
        if method.token == "client":
            if scheme == "Basic":
                given = base64.b64decode(value).decode().partition(":")
                args["client_id"], args["client_secret"] = given[0], given[2]
            return
        token = args.pop("token", None) or (value if scheme == "Bearer" else "")
        if not token:
            raise SlackError("not_authed")
        if method.token == "app":
            if token != self.state.app_token:
                known = token in self.state.tokens
                raise SlackError("not_allowed_token_type" if known else "invalid_auth")
            return
        if token == self.state.app_token:
            raise SlackError("not_allowed_token_type")
        known_token = self.state.tokens.get(token)
        if known_token is None:
            raise SlackError("invalid_auth")
        if known_token.revoked:
            raise SlackError(known_token.revoked)
        if known_token.expires_at is not None and self.state.clock.now() >= known_token.expires_at:
            raise SlackError("token_expired")

    def _checked(self, name: str, method: Method, args: JSON) -> JSON:
        """Turn arguments into values; unknown ones are a defect of the app."""
        known = method.required | method.optional
        # Clients of organisation-wide installs add team_id to every call.
        for extra in sorted(set(args) - set(known) - {"team_id"}):
            self.state.violate(f"{name}: unknown argument {extra}")
        missing = [field for field in method.required if args.get(field) in (None, "")]
        if missing:
            self.state.violate(f"{name}: missing argument {', '.join(missing)}")
            said = [f"[ERROR] missing required field: {field}" for field in missing]
            raise SlackError("invalid_arguments", response_metadata={"messages": said})
        clean: JSON = {}
        for key, kind in known.items():
            if args.get(key) is not None:
                try:
                    clean[key] = _value(kind, args[key])
                except ValueError as error:
                    self.state.violate(f"{name}: argument {key} is not of type {kind}")
                    raise SlackError("invalid_arguments") from error
        return clean

    # --- faults ----------------------------------------------------------------------------

    def fail_next(self, method: str, fault: Fault) -> None:
        """Let the next call of a method (or `response_url`) meet a fault."""
        self.faults.setdefault(method, []).append(fault)

    def _fault(self, method: str, args: JSON) -> Fault | None:
        queue = self.faults.get(method, [])
        for position, fault in enumerate(queue):
            if fault.when(args):
                if fault.times > 1:
                    queue[position] = replace(fault, times=fault.times - 1)
                else:
                    del queue[position]
                return fault
        return None

    async def _after(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        """Spoil the answer of a call that had its effect; a slow one is still answered."""
        if fault.kind == FaultKind.LATENCY:
            await self._hang(fault.seconds)
            return None
        return await self._fail(request, fault)

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case FaultKind.STATUS:
                return web.Response(status=fault.status, text="upstream request failed")
            case FaultKind.HTML:
                page = "<!DOCTYPE html><title>Slack</title><p>We'll be back soon."
                return web.Response(status=fault.status, text=page, content_type="text/html")
            case FaultKind.ERROR:
                return web.json_response({"ok": False, "error": fault.error})
            case FaultKind.RATE_LIMITED:
                wait = {"Retry-After": str(fault.retry_after)}
                answer = {"ok": False, "error": "ratelimited"}
                return web.json_response(answer, status=429, headers=wait)
            case FaultKind.TIMEOUT | FaultKind.RESET | FaultKind.LATENCY:
                if fault.kind == FaultKind.TIMEOUT:
                    await self._hang(fault.seconds)
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)

    async def _hang(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    # --- response_url ----------------------------------------------------------------------

    def response_url(self, id_: str) -> str:
        return f"{self.origin}/response/{id_}"

    async def _response_url(self, request: web.Request) -> web.StreamResponse:
        args = await self._arguments(request)
        fault = self._fault(RESPONSE_URL, args)
        if fault is not None and not fault.after_effect and fault.kind != FaultKind.LATENCY:
            self._log(RESPONSE_URL, args, str(fault.kind), effect=False)
            return await self._fail(request, fault)
        try:
            self._respond(request.match_info["id"], args)
            outcome = "ok"
        except SlackError as error:
            outcome = error.code
        self._log(RESPONSE_URL, args, outcome, effect=outcome == "ok")
        if fault is not None:
            failed = await self._after(request, fault)
            if failed is not None:
                return failed
        if outcome == "ok":
            return web.Response(text="ok")
        gone = outcome in {"used_url", "expired_url", "invalid_url"}
        answer = {"ok": False, "error": outcome}
        return web.json_response(answer, status=404 if gone else 400)

    def _respond(self, id_: str, args: JSON) -> None:
        state, url = self.state, self.state.response_urls.get(id_)
        if url is None:
            raise SlackError("invalid_url")
        if state.clock.now() >= url.expires_at:
            raise SlackError("expired_url")
        if url.uses >= RESPONSE_URL_USES:
            state.violate("response_url: used more than five times")
            raise SlackError("used_url")
        for extra in sorted(set(args) - _RESPONSE_FIELDS):
            state.violate(f"{RESPONSE_URL}: unknown argument {extra}")
        state.response_urls[id_] = replace(url, uses=url.uses + 1)
        original = state.message(url.channel, url.message_ts)
        if args.get("delete_original"):
            self._original(original)
            state.put_message(replace(self._original(original), deleted=True))
            return
        check_content(state, args, RESPONSE_URL)
        if args.get("replace_original") and original is not None:
            edited(state, original, args)
        else:
            self.place_answer(url.channel, url.user, args)

    def _original(self, message: Message | None) -> Message:
        if message is None or message.deleted:
            raise SlackError("message_not_found")
        return message

    def place_answer(self, channel: str, user: str, args: JSON) -> Message:
        """Put the answer to a command or response_url where it belongs: for one, or for all."""
        message = ephemeral(self.state, channel, user, args)
        if args.get("response_type") == "in_channel":
            message = self.state.put_message(replace(message, only_for=None))
        return message

    # --- OAuth -----------------------------------------------------------------------------

    def oauth_code(self) -> str:
        """Return a code as the install page hands out: it can be exchanged once."""
        code = secrets.token_hex(8)
        self.state.codes[code] = True
        return code

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        """Approve an installation at once and go back to the app."""
        query = request.query
        if query.get("client_id") != self.state.client_id or "redirect_uri" not in query:
            return web.Response(status=400, text="invalid_client_id or redirect_uri missing")
        self.state.scopes = set(query.get("scope", "").split(",")) - {""}
        back = {"code": self.oauth_code(), "state": query.get("state", "")}
        raise web.HTTPFound(f"{query['redirect_uri']}?{urlencode(back)}")

    # --- Socket Mode -----------------------------------------------------------------------

    def _socket_url(self, ticket: str) -> str:
        self._tickets.add(ticket)
        return f"ws://127.0.0.1:{self._port}/link?ticket={ticket}&app_id={self.state.app_id}"

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        link = Link(socket)
        self.links.append(link)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.links),
                "debug_info": {
                    "host": "applink-1",
                    "started": "2026-01-01 00:00:00.000",
                    "build_number": 1,
                    "approximate_connection_time": 18_060,
                },
                "connection_info": {"app_id": self.state.app_id},
            }
        )
        self.notify()
        try:
            async for frame in socket:
                if frame.type == WSMsgType.TEXT:
                    self._acknowledged(link, frame.data)
        finally:
            self.links.remove(link)
            for future in link.waiting.values():
                future.cancel()
            self.notify()
        return socket

    def _acknowledged(self, link: Link, text: str) -> None:
        try:
            ack = json.loads(text)
        except ValueError:
            ack = None
        if not isinstance(ack, dict) or "envelope_id" not in ack:
            self.state.violate("socket: a frame without envelope_id")
            return
        future = link.waiting.pop(str(ack["envelope_id"]), None)
        if future is None:
            self.state.violate("socket: an envelope was acknowledged twice or is unknown")
        elif not future.done():
            future.set_result(ack)

    async def send_envelope(
        self, kind: str, payload: JSON, *, accepts: bool, retry: tuple[int, str] | None
    ) -> tuple[Link, str, "asyncio.Future[JSON]"]:
        """Send to the next connection: Slack promises none in particular."""
        if not self.links:
            raise AssertionError("no Socket Mode connection is open")
        self._next_link += 1
        link = self.links[self._next_link % len(self.links)]
        envelope: JSON = {
            "envelope_id": str(uuid.uuid4()),
            "payload": payload,
            "type": kind,
            "accepts_response_payload": accepts,
        }
        if kind == "events_api":
            number, reason = retry or (0, "")
            envelope |= {"retry_attempt": number, "retry_reason": reason}
        future: asyncio.Future[JSON] = asyncio.get_running_loop().create_future()
        link.waiting[envelope["envelope_id"]] = future
        await link.socket.send_json(envelope)
        return link, envelope["envelope_id"], future

    async def disconnect(self, reason: str = "refresh_requested", *, close: bool = True) -> None:
        """Tell every connection to go away, as Slack does a few times a day."""
        for link in self.links[:]:
            said = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
            await link.socket.send_json(said)
            if close and reason != "warning":
                await link.socket.close()


def _value(kind: Kind, value: Any) -> Any:  # noqa: ANN401
    """Read an argument, which is text unless it came as JSON; ValueError when it is neither."""
    read: Any
    match kind:
        case "str":
            fits, read = isinstance(value, str | int | float), str(value)
        case "int":
            fits, read = True, int(value)
        case "bool":
            said = str(value).lower()
            fits, read = said in {"0", "1", "true", "false"}, said in {"1", "true"}
        case "list" | "json":
            read = json.loads(value) if isinstance(value, str) else value
            fits = isinstance(read, list if kind == "list" else dict)
    if not fits or (kind == "str" and isinstance(value, bool)):
        raise ValueError(value)
    return read
