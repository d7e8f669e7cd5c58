"""The HTTP side of the fake: one door for every request, with faults in the doorway."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from tests.fakes.teams.connector import Connector, Done, ThrottledError
from tests.fakes.teams.faults import Fault, Faults
from tests.fakes.teams.issuer import ISSUER, Issuer
from tests.fakes.teams.state import JSON, Call, ProblemError
from tests.fakes.teams.tokens import AADSTSError, Tokens

REGION: Final = "/emea"  # real service URLs have a path, and a bot that drops it fails
METADATA: Final = "/v1/.well-known/openidconfiguration"
KEYS: Final = "/v1/.well-known/keys"
BODY_LIMIT: Final = 4 * 1024 * 1024
HTML: Final = "<html><head><title>{0}</title></head><body><h2>{0}</h2></body></html>"

# Operation, method and path of everything that exists.
ROUTES: Final = (
    ("create", "POST", f"{REGION}/v3/conversations"),
    ("send", "POST", f"{REGION}/v3/conversations/{{id}}/activities"),
    ("reply", "POST", f"{REGION}/v3/conversations/{{id}}/activities/{{activity}}"),
    ("update", "PUT", f"{REGION}/v3/conversations/{{id}}/activities/{{activity}}"),
    ("delete", "DELETE", f"{REGION}/v3/conversations/{{id}}/activities/{{activity}}"),
    ("members", "GET", f"{REGION}/v3/conversations/{{id}}/members"),
    ("pagedmembers", "GET", f"{REGION}/v3/conversations/{{id}}/pagedmembers"),
    ("member", "GET", f"{REGION}/v3/conversations/{{id}}/members/{{member}}"),
    ("token", "POST", "/{tenant}/oauth2/v2.0/token"),
    ("openid", "GET", METADATA),
    ("keys", "GET", KEYS),
    ("unknown", "*", "/{tail:.*}"),
)
IDENTITY: Final = frozenset({"token", "openid", "keys", "unknown"})  # what needs no bearer token


@dataclass(slots=True)
class Server:
    """Parses, admits, records and answers requests; the rules are the connector's."""

    connector: Connector
    tokens: Tokens
    issuer: Issuer
    signed: bool
    latency: float = 0.0  # of every connector call
    url: str = ""
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    connections: set[object] = field(default_factory=set)  # of connector calls
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=BODY_LIMIT)
        for op, method, path in ROUTES:
            app.router.add_route(method, path, self._handler(op))
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.connector.service_url = f"{self.url}{REGION}/"

    async def stop(self) -> None:
        """Release whoever hangs and close every connection."""
        self.closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def change(self) -> None:
        """Wake whoever waits for something to happen."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is true; looked at again after every request."""
        while not holds():
            await self._changed.wait()

    # --- one request ----------------------------------------------------------------------------

    def _handler(self, op: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            call = await self._arrived(op, request)
            try:
                return await self._respond(call, request)
            except ProblemError as problem:
                return _problem(call, problem)
            finally:
                self.change()

        return handle

    async def _arrived(self, op: str, request: web.Request) -> Call:
        raw = (await request.read()).decode(errors="replace")
        if op not in IDENTITY:
            self.connections.add(request.transport and request.transport.get_extra_info("peername"))
        call = Call(
            op=op,
            method=request.method,
            path=request.raw_path,
            at=self.connector.clock.now(),
            conversation=request.match_info.get("id"),
            body=dict(parse_qsl(raw)) if op == "token" else _parsed(raw),
            query=dict(request.query),
            authorization=request.headers.get("Authorization"),
        )
        self.calls.append(call)
        self.change()
        return call

    async def _respond(self, call: Call, request: web.Request) -> web.StreamResponse:
        if self.signed and call.op not in IDENTITY:
            self.tokens.check(call.authorization)
        fault = self.faults.take(call.op, call.conversation)
        wait = (fault.latency if fault else 0.0) + (0 if call.op in IDENTITY else self.latency)
        if wait:
            await asyncio.sleep(wait)
        fails = fault is not None and bool(fault.status or fault.hang or fault.reset)
        if fault is None or not fails:
            return _json(call, self._perform(call, request))
        if fault.after_effect:
            self._perform(call, request)
            self.change()
        return await self._fail(fault, call, request)

    def _perform(self, call: Call, request: web.Request) -> Done:
        match call.op:
            case "token":
                return 200, self.tokens.give(request.match_info["tenant"], call.body)
            case "openid":
                return 200, self._metadata()
            case "keys":
                return 200, self.issuer.key_set()
            case "unknown":
                self.connector.violations.append(f"unknown route {call.method} {call.path}")
                raise ProblemError(404, "NotFound", "No such route.")
            case _:
                self.connector.throttle(call)
                return self.connector.perform(call, dict(request.match_info))

    def _metadata(self) -> JSON:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{self.url}{KEYS}",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }

    async def _fail(self, fault: Fault, call: Call, request: web.Request) -> web.StreamResponse:
        if fault.hang:
            await self.closing.wait()
        if (fault.hang or fault.reset) and request.transport is not None:
            request.transport.abort()
            return web.Response(status=503)  # goes nowhere
        call.status = fault.status
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        if fault.html:
            page = HTML.format(f"{fault.status} - gateway error")
            kind = "text/html"
            return web.Response(status=fault.status, text=page, content_type=kind, headers=headers)
        body = _error(fault.code, fault.message)
        if fault.code.startswith("AADSTS"):
            number = int(fault.code.removeprefix("AADSTS"))
            body = AADSTSError(number, fault.message).as_wire()
        return web.json_response(body, status=fault.status, headers=headers)


def _parsed(raw: str) -> Any:  # noqa: ANN401 - what a bot sends may be anything
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw


def _error(code: str, message: str) -> JSON:
    return {"error": {"code": code, "message": message}}


def _json(call: Call, done: Done) -> web.StreamResponse:
    status, body = done
    call.status = status
    return web.Response(status=status) if body is None else web.json_response(body, status=status)


def _problem(call: Call, problem: ProblemError) -> web.StreamResponse:
    call.status = problem.status
    headers = {}
    body = _error(problem.code, problem.message)
    if isinstance(problem, ThrottledError):
        headers["Retry-After"] = str(max(1, math.ceil(problem.wait)))
    if isinstance(problem, AADSTSError):
        body = problem.as_wire()
    if problem.status == 401 and call.op != "token":
        body = {"message": problem.message}
    return web.json_response(body, status=problem.status, headers=headers)
