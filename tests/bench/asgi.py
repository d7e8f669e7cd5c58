"""An ASGI application called with the bytes of a request, and what it cost.

There is no socket and no HTTP parser on either side: what remains is what the application does.
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, TypeAlias

from starlette.applications import Starlette

JSON: TypeAlias = dict[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Application: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


def scope_of(request: JSON) -> Message:
    """Return the scope of a request given as path and headers, as uvicorn makes it."""
    headers = [
        (name.lower().encode(), value.encode()) for name, value in request["headers"].items()
    ]
    length = str(len(request["body"].encode())).encode()
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": request["path"],
        "raw_path": request["path"].encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), (b"content-length", length), *headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
        "state": {},
    }


async def call(app: Application, request: JSON) -> tuple[int, bytes]:
    """Let the application answer one request; return status and body."""
    status, parts = 0, bytearray()
    first: Message = {
        "type": "http.request",
        "body": request["body"].encode(),
        "more_body": False,
    }
    waiting = [first]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.extend(message.get("body", b""))

    await app(scope_of(request), receive, send)
    return status, bytes(parts)


async def measured(
    app: Application | Starlette, requests: Sequence[JSON], good: Sequence[int]
) -> JSON:
    """Answer requests one after the other; return CPU and wall seconds of this whole process.

    What the application leaves running behind its answers belongs to the cost and is waited for.
    """
    others = asyncio.all_tasks()
    gc.collect()
    taken, failed = [], []
    cpu, wall = time.process_time(), time.perf_counter()
    for request in requests:
        began = time.perf_counter()
        status, _ = await call(app, request)
        taken.append(time.perf_counter() - began)
        if status not in good:
            failed.append(status)
    while left := asyncio.all_tasks() - others:
        await asyncio.wait(left)
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "taken": taken,
        "failed": failed,
    }
