"""What a person can do with the elements of a card: find them, choose, and type."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .state import JSON


@dataclass(frozen=True, slots=True)
class Control:
    """How an element carries its value: field when chosen, field when preset, and empty."""

    chosen: str
    preset: str
    empty: Any = None


_ONE = Control("selected_option", "initial_option")
_MANY = ("selected_options", "initial_options")

CONTROLS: dict[str, Control] = {
    "channels_select": Control("selected_channel", "initial_channel"),
    "checkboxes": Control(*_MANY, ()),
    "conversations_select": Control("selected_conversation", "initial_conversation"),
    "datepicker": Control("selected_date", "initial_date"),
    "datetimepicker": Control("selected_date_time", "initial_date_time"),
    "email_text_input": Control("value", "initial_value"),
    "external_select": _ONE,
    "file_input": Control("files", "initial_files", ()),
    "multi_channels_select": Control("selected_channels", "initial_channels", ()),
    "multi_conversations_select": Control("selected_conversations", "initial_conversations", ()),
    "multi_external_select": Control(*_MANY, ()),
    "multi_static_select": Control(*_MANY, ()),
    "multi_users_select": Control("selected_users", "initial_users", ()),
    "number_input": Control("value", "initial_value"),
    "plain_text_input": Control("value", "initial_value"),
    "radio_buttons": _ONE,
    "rich_text_input": Control("rich_text_value", "initial_value"),
    "static_select": _ONE,
    "timepicker": Control("selected_time", "initial_time"),
    "url_text_input": Control("value", "initial_value"),
    "users_select": Control("selected_user", "initial_user"),
}
"""Elements whose value is part of ``state.values``."""

WITH_OPTIONS = {"static_select", "radio_buttons", "overflow"}
WITH_MANY_OPTIONS = {"multi_static_select", "checkboxes"}


@dataclass(frozen=True, slots=True)
class Found:
    """An element and the block that holds it."""

    block: JSON
    element: JSON

    @property
    def name(self) -> str:
        return str(self.element.get("action_id", ""))

    @property
    def label(self) -> str:
        """Return the words a person reads on or beside it."""
        text = self.element.get("text") or self.block.get("label") or {}
        return str(text.get("text", ""))


def elements(blocks: list[JSON]) -> Iterator[Found]:
    """Yield every element a person can act on."""
    for block in blocks:
        held: list[JSON] = []
        if block["type"] in {"actions", "context_actions"}:
            held = block["elements"]
        elif block["type"] == "carousel":
            held = [one for card in block["elements"] for one in card.get("actions", [])]
        elif block["type"] == "card":
            held = block.get("actions", [])
        for key in ("accessory", "element"):
            if key in block and block[key]["type"] != "image":
                held = [block[key]]
        for element in held:
            yield Found(block, element)
        yield from elements(block.get("child_blocks", []))


def find(blocks: list[JSON], name: str) -> Found:
    """Return the element with this action id, block id, or words on it; say what there is."""
    everything = list(elements(blocks))
    for key in ("action_id", "block_id", "label"):
        hits = [
            one
            for one in everything
            if name
            == {
                "action_id": one.name,
                "block_id": one.block.get("block_id"),
                "label": one.label,
            }[key]
        ]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise AssertionError(f"{len(hits)} elements have the {key} {name!r}")
    known = [f"{one.name!r} ({one.label!r})" for one in everything]
    raise AssertionError(f"no element {name!r}; there are: {', '.join(known) or 'none'}")


def chosen(element: JSON, value: Any) -> JSON:  # noqa: ANN401
    """Return the fields that say what a person chose or typed in an element."""
    kind = element["type"]
    if kind in WITH_OPTIONS:
        return {"selected_option": _option(element, value)}
    if kind in WITH_MANY_OPTIONS:
        return {"selected_options": [_option(element, one) for one in value]}
    if kind in {"button", "icon_button", "workflow_button"}:
        carried = ("text", "value", "style")
        return {key: value for key, value in element.items() if key in carried}
    if kind == "feedback_buttons":
        return {"value": element[f"{value}_button"]["value"]}
    _check_typed(element, value)
    return {CONTROLS[kind].chosen: value}


def _option(element: JSON, wanted: Any) -> JSON:  # noqa: ANN401
    """Return the option with this value, or else these words."""
    groups = element.get("option_groups", [])
    options: list[JSON] = element.get("options", [])
    options = options + [one for group in groups for one in group["options"]]
    for option in options:
        if option.get("value") == str(wanted):
            return option
    for option in options:
        if option["text"]["text"] == wanted:
            return option
    known = [option.get("value") for option in options]
    raise AssertionError(f"no option {wanted!r}; there are: {known}")


def _check_typed(element: JSON, value: Any) -> None:  # noqa: ANN401
    """Refuse what Slack's own client would not let a person send."""
    if element["type"] == "plain_text_input" and value is not None:
        length = len(value)
        if length > element.get("max_length", 3_000):
            raise AssertionError(f"the input takes no {length} characters")
        if 0 < length < element.get("min_length", 0):
            raise AssertionError("the input wants more characters")
    if element["type"] == "number_input" and value is not None:
        number = float(value)
        least, most = element.get("min_value", "-inf"), element.get("max_value", "inf")
        if not float(least) <= number <= float(most):
            raise AssertionError(f"the input does not take {value}")


def state_values(blocks: list[JSON], typed: JSON) -> JSON:
    """Return ``state.values``: what was typed, else the presets, else empty."""
    values: JSON = {}
    for one in elements(blocks):
        control = CONTROLS.get(one.element["type"])
        if control is None:
            continue
        empty = list(control.empty) if isinstance(control.empty, tuple) else control.empty
        given = typed.get(one.block["block_id"], {}).get(one.name)
        value = given or {
            "type": one.element["type"],
            control.chosen: one.element.get(control.preset, empty),
        }
        values.setdefault(one.block["block_id"], {})[one.name] = value
    return values


def typed(blocks: list[JSON], so_far: JSON, values: dict[str, Any]) -> JSON:
    """Return what stands in the inputs after a person filled in some more."""
    made = {block: dict(actions) for block, actions in so_far.items()}
    for name, value in values.items():
        one = find(blocks, name)
        control = CONTROLS[one.element["type"]]
        fields = {control.chosen: None} if value is None else chosen(one.element, value)
        said = {"type": one.element["type"]} | fields
        made.setdefault(one.block["block_id"], {})[one.name] = said
    return made


def unanswered(blocks: list[JSON], values: JSON) -> list[str]:
    """Return the inputs a person must fill in before Slack's client submits."""
    missing = []
    for block in blocks:
        if block["type"] != "input" or block.get("optional"):
            continue
        element = block["element"]
        value = values[block["block_id"]][element["action_id"]]
        if value[CONTROLS[element["type"]].chosen] in (None, "", [], ()):
            missing.append(str(block["label"]["text"]))
    return missing
