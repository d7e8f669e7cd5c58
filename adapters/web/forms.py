"""What the page posts, read with care: bounded, and politely refused where it is none of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from adapters.web import limits

SORRY = "That did not work just now, and nothing was stored. Please try again in a minute."


@dataclass(slots=True)
class Refusal(Exception):  # noqa: N818 - named as what the person gets
    """A request that is answered with a sentence instead of an effect."""

    status: int
    words: str
    reason: str


def too_long(length: int) -> str:
    """Say that a text is too long, and by how much."""
    return f"That is {length:,} characters long; {limits.WORDS:,} fit into one message."


async def fields_of(request: Request) -> Mapping[str, tuple[str, ...]]:
    """Read a form of bounded size; what is no form at all is refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refusal(415, "Only forms of this page are taken.", "type")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.BODY:
            raise Refusal(413, "That is too much for one message.", "size")
    fields: dict[str, tuple[str, ...]] = {}
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=limits.FIELDS,
        )
    except ValueError:
        raise Refusal(400, "That could not be read.", "form") from None
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return fields
