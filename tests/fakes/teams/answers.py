"""What Teams accepts as the answer to an invoke; anything else shows an error to the person."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.fakes.teams.delivery import Answer, Delivery
from tests.fakes.teams.state import CARD, JSON
from tests.fakes.teams.wire import attachment_faults

MESSAGE: Final = "application/vnd.microsoft.activity.message"
ERROR: Final = "application/vnd.microsoft.error"
SIZES: Final = frozenset({"small", "medium", "large"})
REFUSED: Final = frozenset({401, 403})  # a closed door is a good answer to a stranger
# Documented for dialogs; for other invokes unpublished, and the reader waits no longer either.
SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Pressed:
    """What the person sees after pressing a button."""

    delivery: Delivery
    card: JSON | None = None
    message: str | None = None
    error: JSON | None = None


@dataclass(frozen=True, slots=True)
class Dialog:
    """What the person sees after opening or sending a dialog."""

    delivery: Delivery
    title: str = ""
    card: JSON | None = None
    message: str | None = None


def answer_faults(delivery: Delivery) -> list[str]:
    """Say what is wrong with the answer to an activity; only invokes are answered with content."""
    activity, answer = delivery.activity, delivery.answer
    if activity.get("type") != "invoke" or answer.status in REFUSED:
        return []
    name = str(activity.get("name"))
    check = press_faults if name == "adaptiveCard/action" else dialog_faults
    return [f"{name}: {fault}" for fault in check(answer)]


def _json_faults(answer: Answer) -> Iterator[str]:
    if answer.seconds > SECONDS:
        yield f"answered after {answer.seconds:.1f} s, later than {SECONDS:.0f} s"
    if answer.status != 200:
        yield f"answered {answer.status}, which shows an error and may come again"
    elif not answer.body.strip():
        yield 'answered nothing, which shows "Unable to reach app"'
    elif answer.content_type != "application/json" or not isinstance(answer.json, dict):
        yield f"answered no JSON object: {answer.body[:80]!r}"


def press_faults(answer: Answer) -> list[str]:
    """Say what is wrong with the answer to `adaptiveCard/action`."""
    return list(_json_faults(answer)) or list(_press_faults(answer.json))


def _press_faults(body: JSON) -> Iterator[str]:
    if body.keys() != {"statusCode", "type", "value"}:
        yield f"has the keys {sorted(body)} in place of statusCode, type and value"
        return
    code, value = body["statusCode"], body["value"]
    if not isinstance(code, int):
        yield f"statusCode {code!r} is no number"
        return
    match body["type"]:
        case "application/vnd.microsoft.card.adaptive":
            yield from _status_faults(code, range(200, 201))
            yield from attachment_faults({"contentType": CARD, "content": value})
        case "application/vnd.microsoft.activity.message":
            yield from _status_faults(code, range(200, 201))
            if not isinstance(value, str) or not value.strip():
                yield "a message without words"
        case "application/vnd.microsoft.error":
            yield from _status_faults(code, range(400, 600))
            if not isinstance(value, dict) or not {"code", "message"} <= value.keys():
                yield "an error without code and message"
        case other:
            yield f"type {other!r} is unknown"


def _status_faults(code: int, allowed: range) -> Iterator[str]:
    if code not in allowed:
        yield f"statusCode {code} does not go with this type"


def pressed(delivery: Delivery) -> Pressed:
    """Read a good answer as the client does; a bad one shows nothing."""
    body = delivery.answer.json
    kind = body.get("type") if isinstance(body, dict) else None
    if kind == CARD:
        return Pressed(delivery, card=body["value"])
    if kind == MESSAGE:
        return Pressed(delivery, message=body["value"])
    return Pressed(delivery, error=body["value"] if kind == ERROR else None)


def dialog_faults(answer: Answer) -> list[str]:
    """Say what is wrong with the answer to `task/fetch` or `task/submit`."""
    return list(_json_faults(answer)) or list(_dialog_faults(answer.json))


def _dialog_faults(body: JSON) -> Iterator[str]:
    task: Any = body.get("task")
    if body.keys() != {"task"} or not isinstance(task, dict):
        yield f"has the keys {sorted(body)} in place of task"
        return
    value = task.get("value")
    match task.get("type"):
        case "message":
            if not isinstance(value, str) or not value.strip():
                yield "a message without words"
        case "continue":
            if not isinstance(value, dict):
                yield "a dialog without value"
            else:
                yield from _window_faults(value)
        case other:
            yield f"task type {other!r} is unknown"


def _window_faults(value: JSON) -> Iterator[str]:
    if unknown := value.keys() - {"title", "height", "width", "card"}:
        yield f"unknown keys {sorted(unknown)} in a dialog"
    if not isinstance(value.get("title"), str) or not value["title"].strip():
        yield "a dialog without title"
    for side in ("height", "width"):
        length = value.get(side, "medium")
        if length not in SIZES and not isinstance(length, int):
            yield f"{side} {length!r} is neither a size nor pixels"
    yield from attachment_faults(value.get("card"), dialog=True)


def opened(delivery: Delivery) -> Dialog:
    """Read a good answer as the client does; a bad one shows nothing."""
    body = delivery.answer.json
    task = body.get("task") if isinstance(body, dict) else None
    match task:
        case {"type": "continue", "value": {"card": {"content": card}, **rest}}:
            return Dialog(delivery, title=str(rest.get("title", "")), card=card)
        case {"type": "message", "value": str(words)}:
            return Dialog(delivery, message=words)
        case _:
            return Dialog(delivery)
