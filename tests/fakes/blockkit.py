"""The Block Kit judge: says what Slack would refuse in blocks or a view, and why.

Three judges in a row, because each is blind somewhere: the JSON schemas made from Slack's types
(shape, but no lengths and no charts), the models of slack_sdk (a few lengths), and our own table
of limits (counts, lengths, surfaces, uniqueness, sums). Messages read like Slack's own
``response_metadata.messages``: a sentence and a JSON pointer. Where Slack's pages and other
libraries differ, the lower figure holds.
"""

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeGuard

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

Surface: TypeAlias = Literal["message", "modal", "home"]
JSON: TypeAlias = dict[str, Any]

SCHEMAS = Path(__file__).parent / "schemas"
SCHEMA_FILES = {
    "message": "block-kit-message-block.schema.json",
    "modal": "block-kit-modal.schema.json",
    "home": "block-kit-home.schema.json",
}
VIEW_DEFINITIONS = {"modal": "ModalView", "home": "HomeView"}

# Which blocks stand where (slackblocks 3.0.0 agrees with Slack's pages on these sets).
_EVERYWHERE = {
    "actions", "card", "context", "divider", "header", "image", "input", "rich_text",
    "section", "video",
}  # fmt: skip
_LARGE = {"carousel", "container", "data_table", "data_visualization", "table"}
ALLOWED = {
    "modal": _EVERYWHERE | {"alert"},
    "home": _EVERYWHERE | _LARGE,
    "message": _EVERYWHERE | _LARGE | {"markdown", "context_actions", "plan", "task_card", "file"},
}
BLOCK_COUNT = {"message": 50, "modal": 100, "home": 100}

MESSAGE_CHARACTERS = 13_200
"""Text of all blocks of one message; undocumented, found by users (bolt-js issue 2509)."""
MARKDOWN_CHARACTERS = 12_000
TABLE_CHARACTERS = 10_000
DATA_TABLE_CHARACTERS = 20_000

TOO_LONG = "must be less than {} characters in all blocks"

# (kind of node, field) -> longest text. Slack's reference pages, one row per documented field.
LENGTHS: dict[tuple[str, str], int] = {
    ("alert", "text"): 200,
    ("button", "accessibility_label"): 75,
    ("button", "agent_prompt"): 4_000,
    ("button", "text"): 75,
    ("button", "url"): 3_000,
    ("button", "value"): 2_000,
    ("card", "body"): 200,
    ("card", "subtext"): 200,
    ("card", "subtitle"): 150,
    ("card", "title"): 150,
    ("confirm", "confirm"): 30,
    ("confirm", "deny"): 30,
    ("confirm", "text"): 300,
    ("confirm", "title"): 100,
    ("container", "subtitle"): 150,
    ("container", "title"): 150,
    ("feedback_button", "accessibility_label"): 75,
    ("feedback_button", "text"): 75,
    ("feedback_button", "value"): 2_000,
    ("header", "text"): 150,
    ("home", "private_metadata"): 3_000,
    ("icon_button", "accessibility_label"): 75,
    ("icon_button", "text"): 75,
    ("icon_button", "value"): 2_000,
    ("image", "alt_text"): 2_000,
    ("image", "image_url"): 3_000,
    ("image", "title"): 2_000,
    ("input", "hint"): 2_000,
    ("input", "label"): 2_000,
    ("markdown", "text"): MARKDOWN_CHARACTERS,
    ("modal", "close"): 24,
    ("modal", "private_metadata"): 3_000,
    ("modal", "submit"): 24,
    ("modal", "title"): 24,
    ("mrkdwn", "text"): 3_000,
    ("option", "description"): 75,
    ("option", "text"): 75,
    ("option", "url"): 3_000,
    ("option", "value"): 150,
    ("option_group", "label"): 75,
    ("plain_text", "text"): 3_000,
    ("plain_text_input", "initial_value"): 3_000,
    ("section", "text"): 3_000,
    ("video", "alt_text"): 2_000,
    ("video", "author_name"): 49,
    ("video", "title"): 199,
    ("workflow_button", "accessibility_label"): 75,
    ("workflow_button", "text"): 75,
}
ANYWHERE = {
    "action_id": 255,
    "block_id": 255,
    "callback_id": 255,
    "external_id": 255,
    "placeholder": 150,
}
FIELD_LENGTH = 2_000

# (kind of node, field) -> fewest and most items.
COUNTS: dict[tuple[str, str], tuple[int, int]] = {
    ("actions", "elements"): (1, 25),
    ("card", "actions"): (1, 3),
    ("carousel", "elements"): (1, 10),
    ("checkboxes", "options"): (1, 10),
    ("container", "child_blocks"): (1, 10),
    ("context", "elements"): (1, 10),
    ("context_actions", "elements"): (1, 5),
    ("multi_static_select", "option_groups"): (1, 100),
    ("multi_static_select", "options"): (1, 100),
    ("option_group", "options"): (1, 100),
    ("overflow", "options"): (1, 5),
    ("plan", "tasks"): (0, 50),
    ("radio_buttons", "options"): (1, 10),
    ("section", "fields"): (1, 10),
    ("static_select", "option_groups"): (1, 100),
    ("static_select", "options"): (1, 100),
    ("table", "column_settings"): (0, 20),
    ("table", "rows"): (1, 100),
}

# (kind of node, field) -> lowest and highest number.
RANGES: dict[tuple[str, str], tuple[int, int]] = {
    ("data_table", "page_size"): (1, 100),
    ("datetimepicker", "initial_date_time"): (0, 9_999_999_999),
    ("file_input", "max_files"): (1, 10),
    ("plain_text_input", "max_length"): (1, 3_000),
    ("plain_text_input", "min_length"): (0, 3_000),
    ("rich_text_input", "max_lines"): (1, 100),
    ("rich_text_input", "min_lines"): (1, 100),
}
_MULTI = ("static", "external", "users", "conversations", "channels")
RANGES |= {(f"multi_{kind}_select", "max_selected_items"): (1, 100_000) for kind in _MULTI}

NEVER_EMPTY = {
    "plain_text", "mrkdwn", "markdown", "text", "raw_text", "raw_number",
}  # fmt: skip
UNTYPED = {
    "confirm": "confirm",
    "options": "option",
    "initial_option": "option",
    "initial_options": "option",
    "option_groups": "option_group",
    "positive_button": "feedback_button",
    "negative_button": "feedback_button",
}

# data_visualization: the lower figures of Slack's page and of slackblocks 3.0.0.
CHART_TITLE = 50
CHART_SERIES = 6
CHART_CATEGORIES = 20
CHART_LABEL = 20
AXIS_LABEL = 50
CHARTS_PER_MESSAGE = 2
CHART_TYPES = ("bar", "line", "area")
DATA_TABLE_ROWS = (2, 101)
TABLE_COLUMNS = 20


def judge(blocks_or_view: list[JSON] | JSON, surface: Surface) -> list[str]:
    """Return what Slack would refuse, each with its JSON pointer; an empty list is a pass."""
    try:
        text = json.dumps(blocks_or_view, sort_keys=True)
    except (TypeError, ValueError) as error:
        return [f"is not JSON: {error} [json-pointer:/]"]
    return list(_judged(text, surface))


@lru_cache(maxsize=2_048)
def _judged(text: str, surface: Surface) -> tuple[str, ...]:
    """Judge each different card once: tests and benchmarks send the same ones many times."""
    card = json.loads(text)
    if isinstance(card, dict):
        return tuple(_view(card, surface))
    if isinstance(card, list):
        return tuple(_blocks(card, surface, "/blocks"))
    return ("must be an array of blocks or a view object [json-pointer:/]",)


# --- views and lists of blocks -------------------------------------------------------------


def _view(view: JSON, surface: Surface) -> Iterator[str]:
    if surface == "message" or view.get("type") != surface:
        yield _said(f"unsupported type: {view.get('type')} on {surface}", "/type")
        return
    blocks = view.get("blocks")
    shape = list(_schema_errors(view | {"blocks": []}, VIEW_DEFINITIONS[surface], surface, ""))
    if not isinstance(blocks, list):
        shape.append(_said("must be an array", "/blocks"))
    yield from shape
    if shape or not isinstance(blocks, list):
        return
    for node in _walk(view | {"blocks": []}, "", ""):
        yield from _node_rules(node)
    yield from _blocks(blocks, surface, "/blocks")
    if not blocks:
        yield _said("no less than 1 items allowed", "/blocks")
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    if surface == "modal" and has_input and "submit" not in view:
        yield _said("submit is required when an input block is present", "/submit")
    shell = view | {"blocks": [{"type": "divider"}]}  # the blocks were judged one by one
    yield from _sdk(lambda: View(**copy.deepcopy(shell)).to_dict(), "")


def _blocks(blocks: list[Any], surface: Surface, pointer: str) -> Iterator[str]:
    most = BLOCK_COUNT[surface]
    if len(blocks) > most:
        yield _said(f"no more than {most} items allowed [input:{len(blocks)}]", pointer)
    sound: list[tuple[JSON, str]] = []
    for position, block in enumerate(blocks):
        where = f"{pointer}/{position}"
        faults = list(_block_shape(block, surface, where))
        yield from faults
        if not faults:
            sound.append((block, where))
    nodes: list[Node] = []
    for block, where in sound:
        own = list(_walk(block, where, ""))
        nodes += own
        for node in own:
            yield from _node_rules(node)
        yield from _unique_actions(own)
        if block["type"] not in {"data_table", "data_visualization"}:
            yield from _sdk(partial(_sdk_block, block), where)
    yield from _sums(nodes, surface)


def _block_shape(block: Any, surface: Surface, where: str) -> Iterator[str]:  # noqa: ANN401
    """Yield what is wrong with the outline of one block."""
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        yield _said("must be an object with a type", where)
    elif block["type"] not in ALLOWED[surface]:
        yield _said(f"unsupported type: {block['type']} on {surface}", f"{where}/type")
    elif block["type"] == "data_visualization":
        yield from _chart(block, where)
    else:
        yield from _schema_errors(block, "KnownBlock", surface, where)


# --- the schemas ---------------------------------------------------------------------------


def _leaves(schema: JSON, definitions: JSON) -> Iterator[JSON]:
    """Yield the object schemas behind references and unions."""
    if "$ref" in schema:
        yield from _leaves(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    elif "anyOf" in schema:
        for alternative in schema["anyOf"]:
            yield from _leaves(alternative, definitions)
    else:
        yield schema


def _type_of(schema: JSON) -> str | None:
    constant = schema.get("properties", {}).get("type", {}).get("const")
    return constant if isinstance(constant, str) else None


@cache
def _definitions(surface: Surface) -> JSON:
    """Load Slack's types, and add what the service accepts and the types do not know yet."""
    schema = json.loads((SCHEMAS / SCHEMA_FILES[surface]).read_text(encoding="utf-8"))
    definitions: JSON = schema["definitions"]
    definitions["Button"]["properties"] |= {
        "agent_prompt": {"type": "string"},
        "agent_prompt_display": {"type": "string"},
        "visible_to_user_ids": {"type": "array", "items": {"type": "string"}},
    }
    definitions["RichTextList"]["properties"]["offset"] = {"type": "integer"}
    definitions["CardBlock"]["properties"]["subtext"] = {"$ref": "#/definitions/TextObject"}
    return definitions


_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


def _schema_errors(instance: Any, definition: str, surface: Surface, where: str) -> Iterator[str]:  # noqa: ANN401
    definitions = _definitions(surface)
    for said, path in _conforms(instance, definitions[definition], definitions, ""):
        yield _said(said[:300], where + path)


def _conforms(value: Any, schema: JSON, known: JSON, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Check the nine keywords that these schemas use.

    The jsonschema library takes seconds to import; a test holds this against it. A union is
    decided by the `type` of the value, so that the error names the real fault.
    """
    leaves = list(_leaves(schema, known))
    if isinstance(value, dict) and all(map(_type_of, leaves)):
        leaves = [leaf for leaf in leaves if _type_of(leaf) == value.get("type")]
        if not leaves:
            yield f"unsupported type: {value.get('type')}", path
            return
    faults = [list(_conforms_to(value, leaf, known, path)) for leaf in leaves]
    if all(faults):
        yield from min(faults, key=len)


def _conforms_to(value: Any, schema: JSON, known: JSON, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    wanted = schema.get("type")
    is_bool = isinstance(value, bool)
    if wanted and (not isinstance(value, _TYPES[wanted]) or (is_bool and wanted != "boolean")):
        yield f"must be of type {wanted}", path
        return
    if "const" in schema and value != schema["const"]:
        yield f"must be {schema['const']!r}", path
    if "enum" in schema and value not in schema["enum"]:
        yield f"must be one of {schema['enum']}", path
    if isinstance(value, list) and "items" in schema:
        for position, item in enumerate(value):
            yield from _conforms(item, schema["items"], known, f"{path}/{position}")
    if isinstance(value, dict):
        yield from _fields(value, schema, known, path)


def _fields(value: JSON, schema: JSON, known: JSON, path: str) -> Iterator[tuple[str, str]]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"missing required field: {name}", path
    for name, inner in value.items():
        if name in properties:
            yield from _conforms(inner, properties[name], known, f"{path}/{name}")
        elif schema.get("additionalProperties") is False:
            yield f"unknown field: {name}", path


# --- slack_sdk's models --------------------------------------------------------------------


def _sdk_block(block: JSON) -> None:
    parsed = Block.parse(copy.deepcopy(block))
    if parsed is not None:
        parsed.to_dict()


def _sdk(build: Callable[[], object], where: str) -> Iterator[str]:
    try:
        build()
    except SlackObjectFormationError as error:
        yield _said(f"slack_sdk: {error}", where)


# --- limits --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """One object of a card with its place, and what it is even when it carries no type."""

    value: JSON
    pointer: str
    kind: str


def _walk(value: Any, pointer: str, key: str) -> Iterator[Node]:  # noqa: ANN401
    """Yield every object of a card; a chart's inside has its own rules and is left out."""
    if isinstance(value, dict):
        kind = value.get("type", UNTYPED.get(key, ""))
        yield Node(value, pointer, kind if isinstance(kind, str) else "")
        if kind == "data_visualization":
            return
        for name, inner in value.items():
            yield from _walk(inner, f"{pointer}/{name}", name)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _walk(inner, f"{pointer}/{position}", key)


def _length(value: Any) -> int | None:  # noqa: ANN401
    """Return how long a string or a text object is."""
    if isinstance(value, dict):
        value = value.get("text")
    return len(value) if isinstance(value, str) else None


def _node_rules(node: Node) -> Iterator[str]:
    yield from _lengths(node)
    yield from _counts(node)
    special = SPECIAL.get(node.kind)
    if special is not None:
        for said, field in special(node.value):
            yield _said(said, f"{node.pointer}/{field}" if field else node.pointer)


def _lengths(node: Node) -> Iterator[str]:
    for field, value in node.value.items():
        length = _length(value)
        if length is None:
            continue
        most = LENGTHS.get((node.kind, field), ANYWHERE.get(field))
        where = f"{node.pointer}/{field}" + ("/text" if isinstance(value, dict) else "")
        if most is not None and length > most:
            yield _said(f"must be less than {most + 1} characters", where)
        if length == 0 and isinstance(value, str) and _must_speak(node.kind, field):
            yield _said("must be more than 0 characters", where)


def _must_speak(kind: str, field: str) -> bool:
    return (
        field in ANYWHERE
        or field == "alt_text"
        or (field == "text" and kind in NEVER_EMPTY)
        or (field == "caption" and kind == "data_table")
    )


def _counts(node: Node) -> Iterator[str]:
    for field, value in node.value.items():
        bounds = COUNTS.get((node.kind, field))
        if bounds is not None and isinstance(value, list):
            fewest, most = bounds
            if len(value) < fewest:
                yield _said(f"no less than {fewest} items allowed", f"{node.pointer}/{field}")
            if len(value) > most:
                yield _said(f"no more than {most} items allowed", f"{node.pointer}/{field}")
        span = RANGES.get((node.kind, field))
        if span is not None and not span[0] <= value <= span[1]:
            yield _said(f"must be between {span[0]} and {span[1]}", f"{node.pointer}/{field}")


Fault: TypeAlias = tuple[str, str]


def _section(block: JSON) -> Iterator[Fault]:
    if "text" not in block and "fields" not in block:
        yield "missing required field: text or fields", ""
    for position, field in enumerate(block.get("fields", [])):
        if len(field["text"]) > FIELD_LENGTH:
            yield f"must be less than {FIELD_LENGTH + 1} characters", f"fields/{position}/text"


def _choices(element: JSON) -> list[JSON]:
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    options: list[JSON] = element.get("options", []) + grouped
    return options


def _options(element: JSON) -> Iterator[Fault]:
    choices = _choices(element)
    for position, option in enumerate(choices):
        if "value" not in option:
            yield "missing required field: value", f"options/{position}"
    first = element.get("initial_option")
    if first is not None and first not in choices:
        yield "must be one of the options", "initial_option"
    for position, option in enumerate(element.get("initial_options", [])):
        if option not in choices:
            yield "must be one of the options", f"initial_options/{position}"
    if element.get("initial_options") == []:
        yield "no less than 1 items allowed", "initial_options"


def _static_select(element: JSON) -> Iterator[Fault]:
    if ("options" in element) == ("option_groups" in element):
        yield "exactly one of options and option_groups is required", ""
    yield from _options(element)


def _plain_text_input(element: JSON) -> Iterator[Fault]:
    least, most = element.get("min_length", 0), element.get("max_length", 3_000)
    if least > most:
        yield "min_length must not be greater than max_length", "min_length"
    if len(element.get("initial_value", "")) > most:
        yield "initial_value must not be longer than max_length", "initial_value"


def _number_input(element: JSON) -> Iterator[Fault]:
    numbers: dict[str, float] = {}
    for field in ("min_value", "max_value", "initial_value"):
        if field in element:
            try:
                numbers[field] = float(element[field])
            except ValueError:
                yield "must be a number", field
    least = numbers.get("min_value", float("-inf"))
    most = numbers.get("max_value", float("inf"))
    if least > most:
        yield "min_value must not be greater than max_value", "min_value"
    if "initial_value" in numbers and not least <= numbers["initial_value"] <= most:
        yield "initial_value must be between min_value and max_value", "initial_value"


_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _datepicker(element: JSON) -> Iterator[Fault]:
    if not _DATE.fullmatch(element.get("initial_date", "2026-01-01")):
        yield "must be a date like 2026-01-31", "initial_date"


def _timepicker(element: JSON) -> Iterator[Fault]:
    if not _TIME.fullmatch(element.get("initial_time", "00:00")):
        yield "must be a time like 09:30", "initial_time"


def _card(block: JSON) -> Iterator[Fault]:
    if not {"hero_image", "title", "actions", "body"} & set(block):
        yield "at least one of hero_image, title, actions, body is required", ""


def _container(block: JSON) -> Iterator[Fault]:
    if not {"title", "rich_text_title"} & set(block):
        yield "title or rich_text_title is required", ""


def _table_shape(block: JSON) -> Iterator[Fault]:
    widths = {len(row) for row in block["rows"]}
    if max(widths, default=0) > TABLE_COLUMNS:
        yield f"no more than {TABLE_COLUMNS} columns allowed", "rows"
    if 0 in widths:
        yield "a row must have a cell", "rows"


def _data_table(block: JSON) -> Iterator[Fault]:
    yield from _table_shape(block)
    rows = block["rows"]
    fewest, most = DATA_TABLE_ROWS
    if not fewest <= len(rows) <= most:
        yield f"must have between {fewest} and {most} rows", "rows"
    if len({len(row) for row in rows}) > 1:
        yield "all rows must have the same number of cells", "rows"
    header = block.get("row_header_column_index", 0)
    if rows and not 0 <= header < max(len(rows[0]), 1):
        yield "must be the index of a column", "row_header_column_index"


SPECIAL: dict[str, Callable[[JSON], Iterator[Fault]]] = {
    "card": _card,
    "checkboxes": _options,
    "container": _container,
    "data_table": _data_table,
    "datepicker": _datepicker,
    "multi_static_select": _static_select,
    "number_input": _number_input,
    "overflow": _options,
    "plain_text_input": _plain_text_input,
    "radio_buttons": _options,
    "section": _section,
    "static_select": _static_select,
    "table": _table_shape,
    "timepicker": _timepicker,
}


# --- charts --------------------------------------------------------------------------------


def _chart(block: JSON, where: str) -> Iterator[str]:
    """Judge a data_visualization block, for which Slack publishes no types yet."""
    for field in sorted(set(block) - {"type", "block_id", "title", "chart"}):
        yield _said(f"unknown field: {field}", where)
    title = block.get("title")
    if not isinstance(title, str) or not 0 < len(title) <= CHART_TITLE:
        yield _said(f"must be a text of 1 to {CHART_TITLE} characters", f"{where}/title")
    chart = block.get("chart")
    if not isinstance(chart, dict):
        yield _said("must be an object", f"{where}/chart")
    elif chart.get("type") == "pie":
        yield from _pie(chart, f"{where}/chart")
    elif chart.get("type") in CHART_TYPES:
        yield from _series_chart(chart, f"{where}/chart")
    else:
        yield _said(f"unsupported type: {chart.get('type')}", f"{where}/chart/type")


def _labelled(value: Any, where: str, name: str = "label") -> Iterator[str]:  # noqa: ANN401
    label = value.get(name) if isinstance(value, dict) else None
    if not isinstance(label, str) or not 0 < len(label) <= CHART_LABEL:
        yield _said(f"must be a text of 1 to {CHART_LABEL} characters", f"{where}/{name}")


def _is_number(value: Any) -> TypeGuard[float]:  # noqa: ANN401
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pie(chart: JSON, where: str) -> Iterator[str]:
    for field in sorted(set(chart) - {"type", "segments"}):
        yield _said(f"unknown field: {field}", where)
    segments = chart.get("segments")
    if not isinstance(segments, list) or not 1 <= len(segments) <= CHART_SERIES:
        yield _said(f"must have 1 to {CHART_SERIES} items", f"{where}/segments")
        return
    for position, segment in enumerate(segments):
        here = f"{where}/segments/{position}"
        yield from _labelled(segment, here)
        value = segment.get("value") if isinstance(segment, dict) else None
        if not _is_number(value) or value <= 0:
            yield _said("must be a number greater than 0", f"{here}/value")


def _series_chart(chart: JSON, where: str) -> Iterator[str]:
    for field in sorted(set(chart) - {"type", "series", "axis_config"}):
        yield _said(f"unknown field: {field}", where)
    series, axes = chart.get("series"), chart.get("axis_config")
    categories = axes.get("categories") if isinstance(axes, dict) else None
    if not isinstance(categories, list) or not 1 <= len(categories) <= CHART_CATEGORIES:
        said = f"must have 1 to {CHART_CATEGORIES} items"
        yield _said(said, f"{where}/axis_config/categories")
        return
    if len(set(map(str, categories))) < len(categories):
        yield _said("must be unique", f"{where}/axis_config/categories")
    for position, category in enumerate(categories):
        here = f"{where}/axis_config/categories"
        yield from _labelled({str(position): category}, here, str(position))
    for name in ("x_label", "y_label"):
        label = axes.get(name, "") if isinstance(axes, dict) else ""
        if not isinstance(label, str) or len(label) > AXIS_LABEL:
            said = f"must be a text of at most {AXIS_LABEL} characters"
            yield _said(said, f"{where}/axis_config/{name}")
    if not isinstance(series, list) or not 1 <= len(series) <= CHART_SERIES:
        yield _said(f"must have 1 to {CHART_SERIES} items", f"{where}/series")
        return
    for position, one in enumerate(series):
        yield from _one_series(one, categories, f"{where}/series/{position}")
    names = [one.get("name") for one in series if isinstance(one, dict)]
    if len(set(map(str, names))) < len(names):
        yield _said("series names must be unique", f"{where}/series")


def _one_series(one: Any, categories: list[Any], where: str) -> Iterator[str]:  # noqa: ANN401
    yield from _labelled(one, where, "name")
    data = one.get("data") if isinstance(one, dict) else None
    if not isinstance(data, list) or not all(isinstance(point, dict) for point in data):
        yield _said("must be an array of points", f"{where}/data")
        return
    for position, point in enumerate(data):
        if not _is_number(point.get("value")):
            yield _said("must be a number", f"{where}/data/{position}/value")
    if Counter(str(point.get("label")) for point in data) != Counter(map(str, categories)):
        yield _said("every series must have every category once", f"{where}/data")


# --- rules over the whole surface ----------------------------------------------------------


def _unique_actions(nodes: list[Node]) -> Iterator[str]:
    """Report an action id used twice in one block; across blocks Slack allows it."""
    seen: set[str] = set()
    for node in nodes:
        action = node.value.get("action_id")
        if isinstance(action, str):
            if action in seen:
                said = f"action_id `{action}` already exists in this block"
                yield _said(said, f"{node.pointer}/action_id")
            seen.add(action)


def _sums(nodes: list[Node], surface: Surface) -> Iterator[str]:
    seen: set[str] = set()
    for node in nodes:
        block = node.value.get("block_id")
        if isinstance(block, str):
            if block in seen:
                yield _said(f"block_id `{block}` already exists", f"{node.pointer}/block_id")
            seen.add(block)
        if node.value.get("response_url_enabled") and surface != "modal":
            where = f"{node.pointer}/response_url_enabled"
            yield _said("response_url_enabled is for modals only", where)
    if sum(bool(node.value.get("focus_on_load")) for node in nodes) > 1:
        yield _said("only one element may have focus_on_load", "/blocks")
    yield from _per_surface(nodes)
    if surface == "message" and _characters(nodes) > MESSAGE_CHARACTERS:
        yield _said(TOO_LONG.format(MESSAGE_CHARACTERS + 1), "/blocks")


def _per_surface(nodes: list[Node]) -> Iterator[str]:
    kinds = Counter(node.kind for node in nodes)
    if kinds["data_visualization"] > CHARTS_PER_MESSAGE:
        yield _said(f"no more than {CHARTS_PER_MESSAGE} charts allowed", "/blocks")
    if kinds["table"] > 1:
        yield _said("no more than 1 table allowed", "/blocks")
    for kind, most in (
        ("markdown", MARKDOWN_CHARACTERS),
        ("table", TABLE_CHARACTERS),
        ("data_table", DATA_TABLE_CHARACTERS),
    ):
        written = sum(_written(node.value) for node in nodes if node.kind == kind)
        if written > most:
            yield _said(f"all {kind} blocks must be less than {most + 1} characters", "/blocks")


def _written(value: Any) -> int:  # noqa: ANN401
    """Return the number of characters of text anywhere below."""
    if isinstance(value, list):
        return sum(map(_written, value))
    if not isinstance(value, dict):
        return 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return own + sum(_written(inner) for inner in value.values())


def _characters(nodes: list[Node]) -> int:
    """Return the text of a message's blocks; tables have a sum of their own."""
    tables = [node.pointer for node in nodes if node.kind in {"table", "data_table"}]
    return sum(
        len(node.value["text"])
        for node in nodes
        if isinstance(node.value.get("text"), str)
        and not any(node.pointer.startswith(f"{table}/") for table in tables)
    )


def _said(said: str, pointer: str) -> str:
    return f"{said} [json-pointer:{pointer or '/'}]"
