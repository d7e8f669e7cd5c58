# ruff: noqa: ANN401 - a card is JSON of any shape
"""The judge refuses what Slack refuses and nothing else: each rule at its limit and beyond it."""

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import slackblocks
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.blockkit import (
    ALLOWED,
    ANYWHERE,
    BLOCK_COUNT,
    COUNTS,
    LENGTHS,
    RANGES,
    SPECIAL,
    Surface,
    _definitions,
    _schema_errors,
    judge,
)

JSON = dict[str, Any]
Card = tuple[list[JSON] | JSON, Surface]


def plain(text: str) -> JSON:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> JSON:
    return {"type": "mrkdwn", "text": text}


def option(number: int = 0, **more: Any) -> JSON:
    return {"text": plain(f"option {number}"), "value": f"v{number}"} | more


def options(count: int) -> list[JSON]:
    return [option(number) for number in range(count)]


def button(**more: Any) -> JSON:
    return {"type": "button", "action_id": "press", "text": plain("Go")} | more


def actions(*elements: JSON) -> Card:
    return [{"type": "actions", "elements": list(elements)}], "message"


def message(**block: Any) -> Card:
    return [block], "message"


def modal(*blocks: JSON, **more: Any) -> Card:
    shown = list(blocks) or [{"type": "divider"}]
    view: JSON = {"type": "modal", "title": plain("Title"), "submit": plain("Send")}
    return view | {"blocks": shown} | more, "modal"


def home(*blocks: JSON, **more: Any) -> Card:
    return {"type": "home", "blocks": list(blocks) or [{"type": "divider"}]} | more, "home"


def asked(**element: Any) -> Card:
    element.setdefault("action_id", "answer")
    return modal({"type": "input", "label": plain("Label"), "element": element})


def confirm(**more: Any) -> Card:
    whole = {"title": plain("t"), "text": plain("t"), "confirm": plain("y"), "deny": plain("n")}
    return actions(button(confirm=whole | more))


def menu(**more: Any) -> Card:
    return actions({"type": "static_select", "action_id": "choose"} | more)


def feedback(**more: Any) -> Card:
    good, bad = {"text": plain("Good"), "value": "1"}, {"text": plain("Bad"), "value": "0"}
    element = {
        "type": "feedback_buttons",
        "action_id": "f",
        "positive_button": good | more,
        "negative_button": bad,
    }
    return message(type="context_actions", elements=[element])


def icon(**more: Any) -> Card:
    element = {"type": "icon_button", "action_id": "i", "icon": "trash", "text": plain("Delete")}
    return message(type="context_actions", elements=[element | more])


def workflow(**more: Any) -> Card:
    trigger = {"trigger": {"url": "https://slack.com/shortcuts/Ft1/1"}}
    element = {"type": "workflow_button", "action_id": "w", "text": plain("Run")}
    return actions(element | {"workflow": trigger} | more)


def image(**more: Any) -> Card:
    picture = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A bridge"}
    return [picture | more], "message"


def video(**more: Any) -> Card:
    block = {
        "type": "video",
        "title": plain("Tour"),
        "alt_text": "A tour",
        "video_url": "https://example.com/v",
        "thumbnail_url": "https://example.com/t.png",
    }
    return [block | more], "message"


def container(**more: Any) -> Card:
    block = {"type": "container", "title": plain("t"), "child_blocks": [{"type": "divider"}]}
    return [block | more], "message"


def card(**more: Any) -> JSON:
    return {"type": "card", "title": mrkdwn("Title")} | more


def chart(**more: Any) -> JSON:
    data = [{"label": "Q1", "value": 3}, {"label": "Q2", "value": 0.5}]
    bars: JSON = {
        "type": "bar",
        "series": [{"name": "Sales", "data": data}],
        "axis_config": {"categories": ["Q1", "Q2"], "x_label": "Quarter", "y_label": "Needs"},
    }
    return {"type": "data_visualization", "title": "Needs", "chart": bars | more}


def pie(*segments: JSON) -> JSON:
    shares = list(segments) or [{"label": "Yes", "value": 3}, {"label": "No", "value": 1}]
    return {
        "type": "data_visualization",
        "title": "Shares",
        "chart": {"type": "pie", "segments": shares},
    }


def cell(text: str = "x") -> JSON:
    return {"type": "raw_text", "text": text}


def table(rows: int = 3, columns: int = 2, **more: Any) -> JSON:
    lines = [[cell() for _ in range(columns)] for _ in range(rows)]
    return {"type": "data_table", "caption": "Needs by department", "rows": lines} | more


def plain_table(rows: int = 3, columns: int = 2, text: str = "x") -> JSON:
    return {"type": "table", "rows": [[cell(text) for _ in range(columns)] for _ in range(rows)]}


def x(length: int) -> str:
    return "x" * length


LENGTH_CASES: dict[tuple[str, str], Callable[[int], Card]] = {
    ("alert", "text"): lambda n: modal({"type": "alert", "text": plain(x(n))}),
    ("button", "accessibility_label"): lambda n: actions(button(accessibility_label=x(n))),
    ("button", "agent_prompt"): lambda n: actions(button(agent_prompt=x(n))),
    ("button", "text"): lambda n: actions(button(text=plain(x(n)))),
    ("button", "url"): lambda n: actions(button(url=x(n))),
    ("button", "value"): lambda n: actions(button(value=x(n))),
    ("card", "body"): lambda n: ([card(body=mrkdwn(x(n)))], "message"),
    ("card", "subtext"): lambda n: ([card(subtext=mrkdwn(x(n)))], "message"),
    ("card", "subtitle"): lambda n: ([card(subtitle=mrkdwn(x(n)))], "message"),
    ("card", "title"): lambda n: ([card(title=mrkdwn(x(n)))], "message"),
    ("confirm", "confirm"): lambda n: confirm(confirm=plain(x(n))),
    ("confirm", "deny"): lambda n: confirm(deny=plain(x(n))),
    ("confirm", "text"): lambda n: confirm(text=plain(x(n))),
    ("confirm", "title"): lambda n: confirm(title=plain(x(n))),
    ("container", "subtitle"): lambda n: container(subtitle=plain(x(n))),
    ("container", "title"): lambda n: container(title=plain(x(n))),
    ("feedback_button", "accessibility_label"): lambda n: feedback(accessibility_label=x(n)),
    ("feedback_button", "text"): lambda n: feedback(text=plain(x(n))),
    ("feedback_button", "value"): lambda n: feedback(value=x(n)),
    ("header", "text"): lambda n: message(type="header", text=plain(x(n))),
    ("home", "private_metadata"): lambda n: home(private_metadata=x(n)),
    ("icon_button", "accessibility_label"): lambda n: icon(accessibility_label=x(n)),
    ("icon_button", "text"): lambda n: icon(text=plain(x(n))),
    ("icon_button", "value"): lambda n: icon(value=x(n)),
    ("image", "alt_text"): lambda n: image(alt_text=x(n)),
    ("image", "image_url"): lambda n: image(image_url=x(n)),
    ("image", "title"): lambda n: image(title=plain(x(n))),
    ("input", "hint"): lambda n: modal(
        {
            "type": "input",
            "label": plain("l"),
            "hint": plain(x(n)),
            "element": {"type": "plain_text_input", "action_id": "a"},
        }
    ),
    ("input", "label"): lambda n: modal(
        {
            "type": "input",
            "label": plain(x(n)),
            "element": {"type": "plain_text_input", "action_id": "a"},
        }
    ),
    ("markdown", "text"): lambda n: message(type="markdown", text=x(n)),
    ("modal", "close"): lambda n: modal(close=plain(x(n))),
    ("modal", "private_metadata"): lambda n: modal(private_metadata=x(n)),
    ("modal", "submit"): lambda n: modal(submit=plain(x(n))),
    ("modal", "title"): lambda n: modal(title=plain(x(n))),
    ("mrkdwn", "text"): lambda n: message(type="context", elements=[mrkdwn(x(n))]),
    ("option", "description"): lambda n: menu(options=[option(description=plain(x(n)))]),
    ("option", "text"): lambda n: menu(options=[option(text=plain(x(n)))]),
    ("option", "url"): lambda n: actions(
        {"type": "overflow", "action_id": "o", "options": [option(url=x(n))]}
    ),
    ("option", "value"): lambda n: menu(options=[option(value=x(n))]),
    ("option_group", "label"): lambda n: menu(
        option_groups=[{"label": plain(x(n)), "options": options(1)}]
    ),
    ("plain_text", "text"): lambda n: message(type="context", elements=[plain(x(n))]),
    ("plain_text_input", "initial_value"): lambda n: asked(
        type="plain_text_input", initial_value=x(n)
    ),
    ("section", "text"): lambda n: message(type="section", text=mrkdwn(x(n))),
    ("video", "alt_text"): lambda n: video(alt_text=x(n)),
    ("video", "author_name"): lambda n: video(author_name=x(n)),
    ("video", "title"): lambda n: video(title=plain(x(n))),
    ("workflow_button", "accessibility_label"): lambda n: workflow(accessibility_label=x(n)),
    ("workflow_button", "text"): lambda n: workflow(text=plain(x(n))),
}

ANYWHERE_CASES: dict[str, Callable[[int], Card]] = {
    "action_id": lambda n: actions(button(action_id=x(n))),
    "block_id": lambda n: message(type="divider", block_id=x(n)),
    "callback_id": lambda n: modal(callback_id=x(n)),
    "external_id": lambda n: home(external_id=x(n)),
    "placeholder": lambda n: asked(type="plain_text_input", placeholder=plain(x(n))),
}

COUNT_CASES: dict[tuple[str, str], Callable[[int], Card]] = {
    ("actions", "elements"): lambda n: actions(*(button(action_id=f"a{i}") for i in range(n))),
    ("card", "actions"): lambda n: (
        [card(actions=[button(action_id=f"a{i}") for i in range(n)])],
        "message",
    ),
    ("carousel", "elements"): lambda n: message(type="carousel", elements=[card()] * n),
    ("checkboxes", "options"): lambda n: actions(
        {"type": "checkboxes", "action_id": "c", "options": options(n)}
    ),
    ("container", "child_blocks"): lambda n: container(child_blocks=[{"type": "divider"}] * n),
    ("context", "elements"): lambda n: message(type="context", elements=[plain("x")] * n),
    ("context_actions", "elements"): lambda n: message(
        type="context_actions",
        elements=[
            {"type": "icon_button", "action_id": f"i{i}", "icon": "trash", "text": plain("x")}
            for i in range(n)
        ],
    ),
    ("multi_static_select", "option_groups"): lambda n: menu(
        type="multi_static_select",
        option_groups=[{"label": plain("g"), "options": options(1)}] * n,
    ),
    ("multi_static_select", "options"): lambda n: menu(
        type="multi_static_select", options=options(n)
    ),
    ("option_group", "options"): lambda n: menu(
        option_groups=[{"label": plain("g"), "options": options(n)}]
    ),
    ("overflow", "options"): lambda n: actions(
        {"type": "overflow", "action_id": "o", "options": options(n)}
    ),
    ("plan", "tasks"): lambda n: message(
        type="plan",
        title="Plan",
        tasks=[
            {"type": "task_card", "task_id": f"t{i}", "title": "t", "status": "pending"}
            for i in range(n)
        ],
    ),
    ("radio_buttons", "options"): lambda n: actions(
        {"type": "radio_buttons", "action_id": "r", "options": options(n)}
    ),
    ("section", "fields"): lambda n: message(type="section", fields=[plain("x")] * n),
    ("static_select", "option_groups"): lambda n: menu(
        option_groups=[{"label": plain("g"), "options": options(1)}] * n
    ),
    ("static_select", "options"): lambda n: menu(options=options(n)),
    ("table", "column_settings"): lambda n: (
        [plain_table(columns=1) | {"column_settings": [{"align": "left"}] * n}],
        "message",
    ),
    ("table", "rows"): lambda n: ([plain_table(rows=n)], "message"),
}

RANGE_CASES: dict[tuple[str, str], Callable[[int], Card]] = {
    ("data_table", "page_size"): lambda n: ([table(page_size=n)], "message"),
    ("datetimepicker", "initial_date_time"): lambda n: asked(
        type="datetimepicker", initial_date_time=n
    ),
    ("file_input", "max_files"): lambda n: asked(type="file_input", max_files=n),
    ("plain_text_input", "max_length"): lambda n: asked(type="plain_text_input", max_length=n),
    ("plain_text_input", "min_length"): lambda n: asked(type="plain_text_input", min_length=n),
    ("rich_text_input", "max_lines"): lambda n: asked(type="rich_text_input", max_lines=n),
    ("rich_text_input", "min_lines"): lambda n: asked(type="rich_text_input", min_lines=n),
    ("multi_static_select", "max_selected_items"): lambda n: menu(
        type="multi_static_select", options=options(2), max_selected_items=n
    ),
} | {
    (f"multi_{kind}_select", "max_selected_items"): (
        lambda n, kind=kind: asked(type=f"multi_{kind}_select", max_selected_items=n)
    )
    for kind in ("external", "users", "conversations", "channels")
}


def test_every_limit_has_a_case() -> None:
    """A limit nobody exceeds in a test may be wrong without anybody knowing."""
    assert set(LENGTHS) == set(LENGTH_CASES)
    assert set(ANYWHERE) == set(ANYWHERE_CASES)
    assert set(COUNTS) == set(COUNT_CASES)
    assert set(RANGES) == set(RANGE_CASES)


@pytest.mark.parametrize(("kind", "field"), LENGTH_CASES)
def test_texts_may_be_as_long_as_slack_allows_and_no_longer(kind: str, field: str) -> None:
    """At the limit a text passes; one character more is refused, with its place."""
    build, most = LENGTH_CASES[kind, field], LENGTHS[kind, field]
    assert judge(*build(most)) == []
    refused = judge(*build(most + 1))
    assert any(f"less than {most + 1} characters" in one and field in one for one in refused)


@pytest.mark.parametrize("field", ANYWHERE_CASES)
def test_ids_are_neither_empty_nor_too_long(field: str) -> None:
    """Ids and placeholders have one rule wherever they stand."""
    build, most = ANYWHERE_CASES[field], ANYWHERE[field]
    assert judge(*build(most)) == []
    assert judge(*build(most + 1))
    if field != "placeholder":
        assert any("more than 0 characters" in one for one in judge(*build(0)))


@pytest.mark.parametrize(("kind", "field"), COUNT_CASES)
def test_lists_hold_as_many_as_slack_allows(kind: str, field: str) -> None:
    """Both ends of the allowed number pass; one less and one more are refused."""
    build, (fewest, most) = COUNT_CASES[kind, field], COUNTS[kind, field]
    assert judge(*build(fewest)) == []
    assert judge(*build(most)) == []
    assert any("no more than" in one for one in judge(*build(most + 1)))
    if fewest:
        assert judge(*build(fewest - 1))


@pytest.mark.parametrize(("kind", "field"), RANGE_CASES)
def test_numbers_stay_in_their_range(kind: str, field: str) -> None:
    """Both ends of the range pass; beyond them is refused."""
    build, (least, most) = RANGE_CASES[kind, field], RANGES[kind, field]
    assert judge(*build(least)) == []
    assert judge(*build(most)) == []
    assert judge(*build(least - 1))
    assert judge(*build(most + 1))


EXAMPLES: dict[str, JSON] = {
    "actions": {"type": "actions", "elements": [button()]},
    "alert": {"type": "alert", "level": "warning", "text": plain("Careful")},
    "card": card(actions=[button()]),
    "carousel": {"type": "carousel", "elements": [card()]},
    "container": {"type": "container", "title": plain("t"), "child_blocks": [{"type": "divider"}]},
    "context": {"type": "context", "elements": [mrkdwn("x")]},
    "context_actions": {
        "type": "context_actions",
        "elements": [
            {"type": "icon_button", "action_id": "i", "icon": "trash", "text": plain("x")}
        ],
    },
    "data_table": table(),
    "data_visualization": chart(),
    "divider": {"type": "divider"},
    "file": {"type": "file", "external_id": "f1", "source": "remote"},
    "header": {"type": "header", "text": plain("x")},
    "image": {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "x"},
    "input": {
        "type": "input",
        "label": plain("x"),
        "element": {"type": "plain_text_input", "action_id": "a"},
    },
    "markdown": {"type": "markdown", "text": "**x**"},
    "plan": {"type": "plan", "title": "x"},
    "rich_text": {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_quote",
                "elements": [
                    {"type": "text", "text": "*fewer* <b>", "style": {"bold": True}},
                    {"type": "user", "user_id": "U1"},
                    {"type": "emoji", "name": "wave"},
                    {"type": "link", "url": "https://example.com", "text": "here"},
                    {"type": "date", "timestamp": 1_800_000_000, "format": "{date_short}"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "offset": 2,
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
                ],
            },
            {"type": "rich_text_section", "elements": []},
        ],
    },
    "section": {"type": "section", "text": mrkdwn("x"), "accessory": button()},
    "table": plain_table(),
    "task_card": {"type": "task_card", "task_id": "t", "title": "x", "status": "complete"},
    "video": {
        "type": "video",
        "title": plain("x"),
        "alt_text": "x",
        "video_url": "https://example.com/v",
        "thumbnail_url": "https://example.com/t.png",
    },
}


def on(surface: Surface, *blocks: JSON) -> Card:
    return {"message": (list(blocks), surface), "modal": modal(*blocks), "home": home(*blocks)}[
        surface
    ]


@pytest.mark.parametrize("surface", ["message", "modal", "home"])
@pytest.mark.parametrize("kind", EXAMPLES)
def test_blocks_stand_where_slack_allows_them(kind: str, surface: Surface) -> None:
    """Each block passes on its surfaces and is refused by name on the others."""
    faults = judge(*on(surface, EXAMPLES[kind]))
    if kind in ALLOWED[surface]:
        assert faults == []
    else:
        assert any(f"unsupported type: {kind} on {surface}" in one for one in faults)


def test_every_block_has_an_example() -> None:
    """A block without an example could be refused everywhere unnoticed."""
    assert set().union(*ALLOWED.values()) == set(EXAMPLES)


@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_surfaces_hold_so_many_blocks(surface: Surface) -> None:
    """Fifty blocks in a message, a hundred in a view; a view has at least one."""
    most = BLOCK_COUNT[surface]
    assert judge(*on(surface, *[{"type": "divider"}] * most)) == []
    assert judge(*on(surface, *[{"type": "divider"}] * (most + 1)))
    empty = {"modal": modal()[0], "home": home()[0]}
    if surface != "message":
        assert judge(empty[surface] | {"blocks": []}, surface)  # type: ignore[operator]
    else:
        assert judge([], "message") == []


ELEMENTS: list[JSON] = [
    {"type": "channels_select"},
    {"type": "checkboxes", "options": [option(text=mrkdwn("*x*"))], "initial_options": []},
    {"type": "conversations_select", "response_url_enabled": True},
    {"type": "datepicker", "initial_date": "2026-12-31"},
    {"type": "datetimepicker"},
    {"type": "email_text_input"},
    {"type": "external_select", "min_query_length": 0},
    {"type": "file_input", "filetypes": ["png"]},
    {"type": "multi_channels_select"},
    {"type": "multi_conversations_select", "filter": {"include": ["public"]}},
    {"type": "multi_external_select"},
    {"type": "multi_static_select", "options": options(2), "initial_options": options(1)},
    {"type": "multi_users_select", "initial_users": ["U1"]},
    {"type": "number_input", "is_decimal_allowed": False, "min_value": "0", "max_value": "10"},
    {"type": "plain_text_input", "multiline": True, "min_length": 1, "max_length": 3000},
    {"type": "radio_buttons", "options": options(2), "initial_option": option(1)},
    {"type": "rich_text_input"},
    {"type": "static_select", "options": options(2), "initial_option": option()},
    {"type": "timepicker", "initial_time": "23:59", "timezone": "Europe/Berlin"},
    {"type": "url_text_input"},
    {"type": "users_select"},
]
ELEMENTS[1].pop("initial_options")


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda one: str(one["type"]))
def test_every_input_passes_in_a_modal(element: JSON) -> None:
    """All of Slack's inputs are known, with their usual fields."""
    assert judge(*asked(**element)) == []


def everything() -> list[JSON]:
    """Return every block of this module, right and wrong, with its ids."""
    found: list[JSON] = [*EXAMPLES.values()]
    for built, _ in [*ACCEPTED.values(), *(one for one, _ in REFUSED.values())]:
        found += built["blocks"] if isinstance(built, dict) and "blocks" in built else []
        found += [one for one in built if isinstance(one, dict)]
    return found


def test_a_published_validator_says_the_same() -> None:
    """Our few lines for the schemas judge every card here as the jsonschema library does."""
    definitions = _definitions("modal")
    known = {**definitions["KnownBlock"], "definitions": definitions}
    validator = jsonschema.Draft7Validator(known)
    cards = [one for one in everything() if one.get("type") != "data_visualization"]
    ours = [not list(_schema_errors(one, "KnownBlock", "modal", "")) for one in cards]
    assert ours == [validator.is_valid(one) for one in cards]
    assert {True, False} == set(ours)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to everything in a card."""
    inner = value.items() if isinstance(value, dict) else []
    if isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(one for key, held in inner for one in places(held, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a card with something else at a place."""
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = changed(copied[path[0]], path[1:], new)
    return copied


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)


@given(st.data())
def test_whatever_comes_gets_a_judgement(data: st.DataObject) -> None:
    """However a card is spoilt, the judge answers and does not fall over."""
    block = data.draw(st.sampled_from(everything()))
    place = data.draw(st.sampled_from(places(block)))
    spoilt = changed(block, place, data.draw(ANYTHING))
    for surface in ("message", "modal", "home"):
        judge([spoilt], surface)
    view = modal(block)[0]
    place = data.draw(st.sampled_from(places(view)))
    judge(changed(view, place, data.draw(ANYTHING)), "modal")


def test_some_buttons_have_fields_the_published_types_lack() -> None:
    """Newer than the schemas: a prompt for the agent, and who may see a button."""
    new = button(agent_prompt="Summarise", visible_to_user_ids=["U1"], style="primary")
    assert judge(*actions(new)) == []
    assert judge(*actions(button(style="green")))
    assert judge(*actions(button(colour="green")))


REFUSED: dict[str, tuple[Card, str]] = {
    "no type": (([{"text": "x"}], "message"), "object with a type"),
    "not a block": ((["x"], "message"), "object with a type"),  # type: ignore[list-item]
    "unknown block": (message(type="banner"), "unsupported type: banner"),
    "unknown element": (actions({"type": "slider"}), "unsupported type: slider"),
    "unknown field": (message(type="divider", colour="red"), "colour"),
    "button without text": (actions({"type": "button", "action_id": "a"}), "text"),
    "mrkdwn in a header": (message(type="header", text=mrkdwn("x")), "unsupported type: mrkdwn"),
    "section of nothing": (message(type="section"), "text or fields"),
    "long field": (message(type="section", fields=[plain(x(2_001))]), "2001"),
    "empty text": (message(type="section", text=mrkdwn("")), "more than 0"),
    "empty rich text": (
        message(
            type="rich_text",
            elements=[{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}],
        ),
        "more than 0",
    ),
    "image without alt": (image(alt_text=""), "more than 0"),
    "option without value": (menu(options=[{"text": plain("x")}]), "value"),
    "options twice": (
        menu(
            options=options(1),
            option_groups=[{"label": plain("g"), "options": options(1)}],
        ),
        "exactly one",
    ),
    "no options": (menu(), "exactly one"),
    "initial option elsewhere": (
        menu(options=options(2), initial_option=option(7)),
        "one of the options",
    ),
    "initial options elsewhere": (
        menu(type="multi_static_select", options=options(2), initial_options=[option(7)]),
        "one of the options",
    ),
    "empty initial options": (
        actions(
            {
                "type": "checkboxes",
                "action_id": "c",
                "options": options(2),
                "initial_options": [],
            }
        ),
        "no less than 1",
    ),
    "min over max": (
        asked(type="plain_text_input", min_length=5, max_length=4),
        "min_length",
    ),
    "preset over max": (
        asked(type="plain_text_input", max_length=1, initial_value="xx"),
        "initial_value",
    ),
    "number that is none": (
        asked(type="number_input", is_decimal_allowed=False, min_value="ten"),
        "must be a number",
    ),
    "numbers crossed": (
        asked(type="number_input", is_decimal_allowed=False, min_value="9", max_value="1"),
        "min_value",
    ),
    "number outside": (
        asked(type="number_input", is_decimal_allowed=False, max_value="1", initial_value="2"),
        "initial_value",
    ),
    "date in words": (asked(type="datepicker", initial_date="31.12.2026"), "date like"),
    "time of no clock": (asked(type="timepicker", initial_time="24:00"), "time like"),
    "card of nothing": (([{"type": "card"}], "message"), "at least one"),
    "container without title": (
        message(type="container", child_blocks=[{"type": "divider"}]),
        "title",
    ),
    "wide table": (([plain_table(columns=21)], "message"), "20 columns"),
    "table row of nothing": (([plain_table(columns=0)], "message"), "a row must have"),
    "two tables": (([plain_table(), plain_table()], "message"), "1 table"),
    "table of one row": (([table(rows=1)], "message"), "between 2 and 101"),
    "table of 102 rows": (([table(rows=102)], "message"), "between 2 and 101"),
    "data table of 21 columns": (([table(columns=21)], "message"), "20 columns"),
    "ragged data table": (
        ([table() | {"rows": [[cell()], [cell(), cell()]]}], "message"),
        "same number",
    ),
    "no caption": (([table(caption="")], "message"), "more than 0"),
    "empty cell": (([table() | {"rows": [[cell("")], [cell()]]}], "message"), "more than 0"),
    "row header beyond": (([table(row_header_column_index=2)], "message"), "index of a column"),
    "modal with input, no submit": (
        (
            {
                "type": "modal",
                "title": plain("x"),
                "blocks": [EXAMPLES["input"]],
            },
            "modal",
        ),
        "submit is required",
    ),
    "modal without title": (
        ({"type": "modal", "blocks": [{"type": "divider"}]}, "modal"),
        "title",
    ),
    "modal without blocks": (({"type": "modal", "title": plain("x")}, "modal"), "array"),
    "home with a title": (home(title=plain("x")), "title"),
    "home as modal": ((home()[0], "modal"), "unsupported type"),
    "view as message": ((modal()[0], "message"), "unsupported type"),
    "response_url in a message": (
        actions(
            {"type": "channels_select", "action_id": "c", "response_url_enabled": True},
        ),
        "modals only",
    ),
    "two focused": (
        modal(
            *(
                {
                    "type": "input",
                    "label": plain("x"),
                    "element": {
                        "type": "plain_text_input",
                        "action_id": "a",
                        "focus_on_load": True,
                    },
                }
                for _ in range(2)
            )
        ),
        "focus_on_load",
    ),
    "same action id in a block": (actions(button(), button()), "already exists in this block"),
    "same block id": (
        ([{"type": "divider", "block_id": "b"}] * 2, "message"),
        "`b` already exists",
    ),
    "same block id inside": (
        (
            [
                {"type": "divider", "block_id": "b"},
                {
                    "type": "container",
                    "title": plain("t"),
                    "child_blocks": [{"type": "divider", "block_id": "b"}],
                },
            ],
            "message",
        ),
        "`b` already exists",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_slack_refuses_is_refused_with_its_reason(case: str) -> None:
    """Each rule that is not a mere figure."""
    built, reason = REFUSED[case]
    faults = judge(*built)
    assert any(reason in fault for fault in faults), faults
    assert all("[json-pointer:/" in fault for fault in faults)


def test_every_special_rule_has_a_refused_case() -> None:
    """The kinds with a rule of their own all occur in the refused cards."""
    refused = str([built for built, _ in REFUSED.values()])
    without = {"radio_buttons", "overflow"}  # they share the rule of static_select's options
    assert [kind for kind in SPECIAL if kind not in without and f"'{kind}'" not in refused] == []


ACCEPTED: dict[str, Card] = {
    "same action id in two blocks": (
        [
            {"type": "actions", "elements": [button()]},
            {"type": "actions", "elements": [button()]},
        ],
        "message",
    ),
    "modal without inputs or submit": (
        {"type": "modal", "title": plain("x"), "blocks": [{"type": "divider"}]},
        "modal",
    ),
    "one focused": asked(type="plain_text_input", focus_on_load=True),
    "preset at max": asked(type="plain_text_input", max_length=2, initial_value="xx"),
    "numbers at the ends": asked(
        type="number_input",
        is_decimal_allowed=True,
        min_value="-1.5",
        max_value="-1.5",
        initial_value="-1.5",
    ),
    "initial option in a group": menu(
        option_groups=[{"label": plain("g"), "options": options(2)}], initial_option=option(1)
    ),
    "largest data table": ([table(rows=101, columns=20)], "message"),
    "row header at the end": ([table(row_header_column_index=1)], "message"),
    "numbers in a table": (
        [table() | {"rows": [[cell("n")], [{"type": "raw_number", "value": 3.5, "text": "3.5"}]]}],
        "message",
    ),
    "widest table": ([plain_table(columns=20)], "message"),
    "long fields": message(type="section", fields=[plain(x(2_000))] * 5),
    "slack file": message(type="image", slack_file={"id": "F1"}, alt_text="x"),
    "right-to-left and emoji": message(type="section", text=plain("שלום 👋🏽")),
    "button with link": actions(button(url="https://example.com", value="1")),
    "blocks of a modal alone": ([EXAMPLES["input"]], "modal"),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_slack_accepts_is_accepted(case: str) -> None:
    """The other side of the special rules: nothing valid is refused."""
    assert judge(*ACCEPTED[case]) == []


CHARTS: dict[str, tuple[JSON, str]] = {
    "no title": (chart() | {"title": ""}, "title"),
    "long title": (chart() | {"title": x(51)}, "title"),
    "unknown field": (chart() | {"colour": "red"}, "unknown field: colour"),
    "unknown field inside": (chart(legend=True), "unknown field: legend"),
    "no chart": ({"type": "data_visualization", "title": "x"}, "must be an object"),
    "doughnut": (chart(type="doughnut"), "unsupported type: doughnut"),
    "no series": (chart(series=[]), "1 to 6"),
    "seven series": (
        chart(
            series=[
                {"name": f"s{i}", "data": [{"label": c, "value": 1} for c in ("Q1", "Q2")]}
                for i in range(7)
            ]
        ),
        "1 to 6",
    ),
    "same names": (
        chart(series=[{"name": "s", "data": [{"label": c, "value": 1} for c in ("Q1", "Q2")]}] * 2),
        "names must be unique",
    ),
    "long name": (
        chart(series=[{"name": x(21), "data": [{"label": c, "value": 1} for c in ("Q1", "Q2")]}]),
        "1 to 20 characters",
    ),
    "category missing": (
        chart(series=[{"name": "s", "data": [{"label": "Q1", "value": 1}]}]),
        "every category",
    ),
    "value in words": (
        chart(series=[{"name": "s", "data": [{"label": "Q1", "value": "3"}]}]),
        "must be a number",
    ),
    "no points": (chart(series=[{"name": "s"}]), "array of points"),
    "no categories": (chart(axis_config={"categories": []}), "1 to 20 items"),
    "21 categories": (
        chart(axis_config={"categories": [f"c{i}" for i in range(21)]}),
        "1 to 20 items",
    ),
    "same categories": (chart(axis_config={"categories": ["Q1", "Q1"]}), "must be unique"),
    "long category": (chart(axis_config={"categories": [x(21)]}), "1 to 20 characters"),
    "long axis label": (
        chart(axis_config={"categories": ["Q1", "Q2"], "x_label": x(51)}),
        "at most 50",
    ),
    "empty pie": (pie() | {"chart": {"type": "pie", "segments": []}}, "1 to 6"),
    "pie of seven": (pie(*[{"label": f"s{i}", "value": 1} for i in range(7)]), "1 to 6"),
    "pie with nothing": (pie({"label": "x", "value": 0}), "greater than 0"),
    "pie without label": (pie({"value": 1}), "1 to 20 characters"),
    "pie with axes": (
        pie() | {"chart": {"type": "pie", "segments": [{"label": "x", "value": 1}], "axes": 1}},
        "unknown field: axes",
    ),
}


@pytest.mark.parametrize("case", CHARTS)
def test_charts_have_rules_although_no_schema_knows_them(case: str) -> None:
    """Each rule of data_visualization refuses what breaks it."""
    block, reason = CHARTS[case]
    faults = judge([block], "message")
    assert any(reason in fault for fault in faults), faults


@pytest.mark.parametrize("kind", ["bar", "line", "area"])
def test_charts_at_their_limits_pass(kind: str) -> None:
    """Six series over twenty categories with the longest labels."""
    categories = [f"{number:020d}" for number in range(20)]
    data = [{"label": one, "value": -1.5} for one in categories]
    block = chart(
        type=kind,
        series=[{"name": f"{number:020d}", "data": data} for number in range(6)],
        axis_config={"categories": categories, "x_label": x(50), "y_label": x(50)},
    )
    assert judge([block | {"title": x(50)}], "message") == []
    assert judge([pie(), pie(*[{"label": f"s{i}", "value": 0.1} for i in range(6)])], "home") == []
    assert judge([chart(), chart(), chart()], "message")


def test_sums_over_a_message_are_limited() -> None:
    """Markdown, tables, and the text of all blocks together have limits of their own."""
    full = [{"type": "section", "text": plain(x(3_000))}] * 4
    assert judge([*full, {"type": "section", "text": plain(x(1_200))}], "message") == []
    assert judge([*full, {"type": "section", "text": plain(x(1_201))}], "message")
    assert judge(*home(*full, *full)) == []
    halves = [{"type": "markdown", "text": x(6_000)}] * 2
    assert judge(halves, "message") == []
    assert judge([*halves, {"type": "markdown", "text": "x"}], "message")
    assert judge([plain_table(rows=10, columns=10, text=x(100))], "message") == []
    assert judge([plain_table(rows=10, columns=10, text=x(101))], "message")
    full_table = table() | {"rows": [[cell(x(10_000))], [cell(x(10_000))]]}
    assert judge([full_table], "message") == []
    assert judge([full_table | {"rows": [[cell(x(10_000))], [cell(x(10_001))]]}], "message")


def test_what_is_not_json_is_refused() -> None:
    """A set or a bare word is no card."""
    assert judge([{"type": {"divider"}}], "message")
    assert judge("divider", "message")  # type: ignore[arg-type]


def test_another_library_agrees_on_cards_it_can_build() -> None:
    """Cards made by slackblocks, which checks limits itself, pass the judge."""
    built = slackblocks.Message(
        channel="C1",
        text="Needs",
        blocks=[
            slackblocks.HeaderBlock("Needs", block_id="h"),
            slackblocks.SectionBlock("*Three* needs", block_id="s"),
            slackblocks.DividerBlock(block_id="d"),
            slackblocks.ActionsBlock(
                [slackblocks.Button("Open", "need.open", value="1")], block_id="a"
            ),
        ],
    ).to_dict()
    blocks = built["blocks"]
    assert judge(blocks, "message") == []
