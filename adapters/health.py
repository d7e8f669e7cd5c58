"""``/healthz`` (the process lives), ``/readyz`` (it can work, else why not), ``/metrics``."""

import asyncio
from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

OK = "ok"


def routes(checks: Callable[[], dict[str, str]]) -> list[Route]:
    """Return the routes; ``checks`` says "ok" or what is wrong, by name, and may block."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse(OK)

    async def readyz(_: Request) -> Response:
        found = await asyncio.to_thread(checks)
        good = all(words.startswith(OK) for words in found.values())
        return JSONResponse({"ready": good, **found}, status_code=200 if good else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
