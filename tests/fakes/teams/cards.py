"""What a Teams client does with a card: find a button, gather inputs, refuse what is missing."""

from collections.abc import Iterator, Mapping

from tests.fakes.adaptivecards import walk
from tests.fakes.teams.state import JSON


class ClientRefusedError(Exception):
    """The client does not let the person do this."""


def actions(card: JSON) -> list[JSON]:
    """List the buttons that a person sees; fallbacks are for other clients."""
    spots = (spot for spot in walk(card) if spot.replaces is None)
    return [spot.node for spot in spots if spot.kind.startswith("Action.")]


def find_action(card: JSON, verb_or_title: str) -> JSON:
    """Find the one button with a verb, an id or a title."""
    seen = actions(card)
    for key in ("verb", "id", "title"):
        found = [action for action in seen if action.get(key) == verb_or_title]
        if len(found) == 1:
            return found[0]
        if found:
            raise ClientRefusedError(f"{len(found)} buttons have the {key} {verb_or_title!r}")
    shown = [(action.get("verb"), action.get("title")) for action in seen]
    raise ClientRefusedError(f"no button {verb_or_title!r}; the card shows {shown}")


def gather(card: JSON, action: JSON, values: Mapping[str, object]) -> JSON:
    """Join the button's data with the card's inputs, as the client sends them."""
    data = dict(action.get("data") or {})
    if str(action.get("associatedInputs", "auto")).lower() == "none":
        return data
    fields = {str(field["id"]): field for field in _inputs(card)}
    if unknown := values.keys() - fields.keys():
        raise ClientRefusedError(f"the card has no input {sorted(unknown)}, only {sorted(fields)}")
    for name, field in fields.items():
        value = values.get(name, field.get("value"))
        if value is None or value == "":
            if field.get("isRequired"):
                raise ClientRefusedError(str(field.get("errorMessage")))
            continue  # empty inputs are left out
        _check(field, value)
        data[name] = value
    return data


def _inputs(card: JSON) -> Iterator[JSON]:
    for spot in walk(card):
        if spot.replaces is None and spot.kind.startswith("Input."):
            yield spot.node


def _check(field: JSON, value: object) -> None:
    """Refuse what the control cannot hold."""
    limit = field.get("maxLength")
    if isinstance(limit, int) and len(str(value)) > limit:
        raise ClientRefusedError(f"{field['label']}: longer than {limit} characters")
    if field.get("type") != "Input.ChoiceSet" or "choices.data" in field:
        return
    offered = {str(choice["value"]) for choice in field["choices"]}
    chosen = str(value).split(",") if field.get("isMultiSelect") else [str(value)]
    if not offered.issuperset(chosen):
        raise ClientRefusedError(f"{field['label']}: {chosen} is not among {sorted(offered)}")
