"""The judge of Adaptive Cards: every rule catches its mistake and leaves good cards alone."""

import copy
import json
import time
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft6Validator
from jsonschema.protocols import Validator

from tests.fakes.adaptivecards import ACTION_LIMIT, SIZE_LIMIT, judge, known_to_the_schema

JSON = dict[str, Any]


def text(words: str, **more: object) -> JSON:
    return {"type": "TextBlock", "text": words, "wrap": True, **more}


def execute(verb: str, title: str = "Send", **data: object) -> JSON:
    return {
        "type": "Action.Execute",
        "verb": verb,
        "title": title,
        "data": data,
        "fallback": {"type": "Action.Submit", "title": title, "data": {"verb": verb, **data}},
    }


def table(*rows: tuple[str, ...]) -> JSON:
    cells = [[{"type": "TableCell", "items": [text(word)]} for word in row] for row in rows]
    return {
        "type": "Table",
        "firstRowAsHeader": True,
        "columns": [{"width": 1} for _ in rows[0]],
        "rows": [{"type": "TableRow", "cells": row} for row in cells],
    }


def donut(**more: object) -> JSON:
    return {
        "type": "Chart.Donut",
        "title": "Answers",
        "data": [{"legend": "happy", "value": 4}, {"legend": "unhappy", "value": 1}],
        "fallback": table(("Answer", "People"), ("happy", "4"), ("unhappy", "1")),
        **more,
    }


def card(*body: JSON, **more: object) -> JSON:
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "lang": "en",
        "fallbackText": "How happy are you with IT?",
        "body": list(body) or [text("How happy are you with IT?")],
        **more,
    }


def field(**more: object) -> JSON:
    return {"type": "Input.Text", "id": "why", "label": "Why?", **more}


def choices(*values: str, **more: object) -> JSON:
    offered = [{"title": value or "none", "value": value} for value in values]
    kind = {"type": "Input.ChoiceSet", "id": "score", "label": "Score"}
    return {**kind, "choices": offered, **more}


def submit(**data: object) -> JSON:
    return {"type": "Action.Submit", "title": "Comment", "data": data}


def pulse_card() -> JSON:
    """Build the heaviest card that the product sends often: scale, chart, table and inputs."""
    return card(
        text("How happy are you with IT?", style="heading", size="large", weight="bolder"),
        text("Your answer is anonymous. Open until Friday 17:00 CET.", isSubtle=True),
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "*as typed*"}]},
        {"type": "FactSet", "facts": [{"title": f"Fact {n}", "value": "x" * 40} for n in range(8)]},
        {
            "type": "ColumnSet",
            "columns": [
                {"type": "Column", "width": "stretch", "items": [text(f"column {n}")]}
                for n in range(3)
            ],
        },
        donut(),
        table(("Department", "n", "Mean"), *((f"Dept {n}", "12", "7.1") for n in range(8))),
        choices(*(str(n) for n in range(11)), style="expanded", isRequired=True, errorMessage="?"),
        field(isMultiline=True, maxLength=4000),
        {"type": "ActionSet", "actions": [execute(f"pulse.{n}", str(n)) for n in range(6)]},
        {"type": "ActionSet", "actions": [execute(f"pulse.{n}", str(n)) for n in range(6, 11)]},
        actions=[execute("pulse.answer"), submit(msteams={"type": "task/fetch"}, verb="comment")],
        msteams={"width": "Full"},
        rtl=True,
        refresh={"action": {"type": "Action.Execute", "verb": "refresh"}, "userIds": []},
    )


GOOD: dict[str, JSON] = {
    "the smallest card": card(),
    "the heaviest card": pulse_card(),
    "a chart with a table behind it": card(donut()),
    "a chart behind a chart": card(donut(fallback=donut())),
    "an unreliable element with a fallback": card({"type": "Badge", "fallback": text("4 new")}),
    "keys that only Teams knows": card(
        text("wide", targetWidth="atLeast:narrow"), msteams={"width": "Full"}
    ),
    "six actions": card(actions=[execute(f"v{n}") for n in range(ACTION_LIMIT)]),
    "a dialog opened by a Submit": card(actions=[submit(msteams={"type": "task/fetch"})]),
    "a fallback that repeats the id it replaces": card(donut(id="c", fallback=text("4", id="c"))),
    "a required input with its message": card(field(isRequired=True, errorMessage="Say why.")),
    "a multiple choice with two chosen": card(choices("a", "b", isMultiSelect=True, value="a,b")),
    "a single choice with a comma": card(choices("a,b", value="a,b")),
    "a people picker": card(choices(**{"choices.data": {"type": "Data.Query", "dataset": "g"}})),
    "a picture with words": card({"type": "Image", "url": "https://x.y/z.png", "altText": "Up"}),
    "words of any case": card(text("loud", color="Attention", size="LARGE")),
    "an element that may be dropped": card(text("new", fallback="drop")),
    "60 people to refresh": card(
        refresh={
            "action": {"type": "Action.Execute", "verb": "r"},
            "userIds": [f"29:{n}" for n in range(60)],
        }
    ),
}

BAD: dict[str, tuple[JSON, str]] = {
    "no object": ({"body": [set()]}, "is not JSON"),
    "another version": (card(version="1.4"), 'version must be "1.5"'),
    "no version": ({k: v for k, v in card().items() if k != "version"}, "version must be"),
    "another type": (card(type="HeroCard"), "type must be AdaptiveCard"),
    "no fallbackText": (card(fallbackText=" "), "fallbackText"),
    "no lang": ({k: v for k, v in card().items() if k != "lang"}, "needs a lang"),
    "no body": (card(body=[]), "has no body"),
    "too large": (card(text("x" * (SIZE_LIMIT // 2))), "bytes of UTF-16"),
    "61 people to refresh": (
        card(
            refresh={
                "action": {"type": "Action.Execute", "verb": "r"},
                "userIds": [f"29:{n}" for n in range(61)],
            }
        ),
        "more than 60",
    ),
    "an unknown element": (card({"type": "Marquee"}), "'Marquee' is unknown"),
    "an element without type": (card({"text": "x", "wrap": True}), "unknown or not allowed"),
    "an unknown key": (card(text("x", blink=True)), "'blink' was unexpected"),
    "an unknown key of the card": (card(title="x"), "'title' was unexpected"),
    "a text without text": (card({"type": "TextBlock", "wrap": True}), "'text' is a required"),
    "a wrong word": (card(text("x", weight="heavy")), "does not match"),
    "a wrong word around a right one": (card(text("x", color="notgoodatall")), "does not match"),
    "a wrong fallback": (card(text("x", fallback={"type": "Marquee"})), "'Marquee' is unknown"),
    "a wrong word as fallback": (card(text("x", fallback="hide")), "unknown or not allowed"),
    "an action in the body": (card(execute("v")), "unknown or not allowed here"),
    "an element among actions": (card(actions=[text("x")]), "unknown or not allowed here"),
    "a mistake in a chart's fallback": (card(donut(fallback=text("x", wrap=False))), "wrap: true"),
    "a mistake deep in a chart's fallback": (
        card(donut(fallback=donut(fallback={"type": "TextBlock", "wrap": True}))),
        "'text' is a required",
    ),
    "a fallback of another element than its own": (
        card(donut(fallback={"type": "Marquee"})),
        "'Marquee' is unknown",
    ),
    "a chart without fallback": (
        card({k: v for k, v in donut().items() if k != "fallback"}),
        "needs a fallback with the same numbers",
    ),
    "a chart that may be dropped": (card(donut(fallback="drop")), "needs a fallback"),
    "an unknown chart": (card(donut(type="Chart.Radar")), "no chart that Teams draws"),
    "a chart without data": (card(donut(data=[])), "needs data whose entries hold"),
    "a chart with data of another chart": (card(donut(data=[{"x": 1, "y": 2}])), "legend, value"),
    "a gauge without value": (card(donut(type="Chart.Gauge")), "needs a value"),
    "no wrap": (card({"type": "TextBlock", "text": "x"}), "wrap: true"),
    "no altText": (card({"type": "Image", "url": "https://x.y/z.png"}), "altText"),
    "no label": (card({"type": "Input.Text", "id": "a", "placeholder": "Why?"}), "needs a label"),
    "no id": (card({"type": "Input.Text", "label": "Why?"}), "needs an id"),
    "no errorMessage": (card(field(isRequired=True)), "needs an errorMessage"),
    "no choices": (card(choices()), "needs choices"),
    "the same choice twice": (card(choices("a", "a")), "same value"),
    "a comma in a multiple choice": (card(choices("a,b", isMultiSelect=True)), "must hold none"),
    "a choice that is not offered": (card(choices("a", value="b")), "not among the choices"),
    "one of several not offered": (
        card(choices("a", isMultiSelect=True, value="a,b")),
        "not among the choices",
    ),
    "a people picker without query": (card(choices(**{"choices.data": "all"})), "Data.Query"),
    "a table without header": (
        card({**table(("a", "b"), ("1", "2")), "firstRowAsHeader": False}),
        "header row",
    ),
    "a table without rows": (card({**table(("a",)), "rows": []}), "header row"),
    "a table with a silent header": (card(table(("", "n"), ("1", "2"))), "needs text"),
    "a table with a short row": (card(table(("a", "b"), ("1",))), "2 columns and rows of [1, 2]"),
    "two inputs with one id": (card(field(), field()), "'why' is used 2 times"),
    "an input and an action with one id": (
        card(field(), actions=[{**execute("v"), "id": "why"}]),
        "'why' is used 2 times",
    ),
    "a fallback with somebody else's id": (
        card(field(), donut(fallback=field())),
        "'why' is used elsewhere",
    ),
    "seven actions": (card(actions=[execute(f"v{n}") for n in range(7)]), "7 actions"),
    "seven actions in a set": (
        card({"type": "ActionSet", "actions": [execute(f"v{n}") for n in range(7)]}),
        "7 actions",
    ),
    "an action without title": (card(actions=[execute("v", "")]), "needs a title"),
    "no verb": (card(actions=[{**execute("v"), "verb": ""}]), "Action.Execute needs a verb"),
    "no Submit for old clients": (
        card(actions=[{"type": "Action.Execute", "verb": "v", "title": "x"}]),
        "needs an Action.Submit as fallback",
    ),
    "a Submit for old clients with another verb": (
        card(actions=[{**execute("v"), "fallback": submit(verb="w")}]),
        "needs the verb of its Action.Execute",
    ),
    "a Submit for old clients without verb": (
        card(actions=[{**execute("v"), "fallback": submit()}]),
        "needs the verb of its Action.Execute",
    ),
    "a bare Submit in a message": (card(actions=[submit(verb="v")]), "only opens a dialog"),
    "a Submit without data": (
        card(actions=[{"type": "Action.Submit", "title": "x"}]),
        "needs data",
    ),
    "an imBack": (card(actions=[submit(msteams={"type": "imBack"})]), "imBack is not used"),
    "a messageBack in a fallback": (
        card(
            actions=[
                {**execute("v"), "fallback": submit(verb="v", msteams={"type": "messageBack"})}
            ]
        ),
        "messageBack is not used",
    ),
    **{
        f"{kind} without fallback": (card({"type": kind}), f"{kind} is not shown everywhere")
        for kind in ("ProgressBar", "Badge", "Input.Rating", "CodeBlock")
    },
}


@pytest.mark.parametrize("name", GOOD)
def test_good_cards_pass(name: str) -> None:
    """A card that Teams shows well has no fault."""
    assert judge(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_each_mistake_is_named(name: str) -> None:
    """A card with one mistake is refused with a sentence about that mistake."""
    bad, said = BAD[name]
    assert [fault for fault in judge(bad) if said in fault] != []


def test_a_mistake_is_told_with_its_place() -> None:
    """The fault says where in the card it is, so that a failing property test can be read."""
    bad = card({"type": "Container", "items": [{"type": "TextBlock", "text": "x"}]})
    assert judge(bad) == ["card.body[0].items[0]: TextBlock needs wrap: true, or text is cut"]


def test_a_dialog_answers_with_submit() -> None:
    """In a dialog a bare Submit is right and an Execute, which never arrives, is wrong."""
    good = card(field(), actions=[submit(verb="needs.send")])
    assert judge(good, dialog=True) == []
    assert "task/submit" in " ".join(judge(card(actions=[execute("v")]), dialog=True))


def test_no_card_at_all() -> None:
    """Something that is no object is refused, not crashed on."""
    assert judge([]) == ["card: is not an object"]  # type: ignore[arg-type]


def test_answers_do_not_leak_into_each_other() -> None:
    """A caller that changes the list it got does not change the next verdict."""
    judge(card(version="1.4")).clear()
    assert judge(card(version="1.4")) != []


@cache
def public_validator() -> Validator:
    source = files("adaptive_cards").joinpath("schemas/schema-1.5.json")
    return Draft6Validator(json.loads(source.read_text(encoding="utf-8")))


def public_schema_accepts(candidate: JSON) -> bool:
    shown: Any = known_to_the_schema(candidate)
    return public_validator().is_valid(shown)


def change(path: list[str | int], value: object) -> Callable[[JSON], JSON]:
    def changed(base: JSON) -> JSON:
        result = copy.deepcopy(base)
        place: Any = result
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return result

    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["rtl"], "yes"),
        (["body", 0, "size"], "enormous"),
        (["body", 0, "maxLines"], "2"),
        (["body", 3, "facts", 0], {"title": "x"}),
        (["body", 4, "columns", 0, "type"], "Container"),
        (["body", 6, "rows", 0, "cells", 0], {"type": "TableCell"}),
        (["body", 6, "rows", 0, "type"], "Row"),
        (["body", 7, "choices", 0, "value"], 3),
        (["body", 7, "separator"], "yes"),
        (["body", 8, "maxLength"], "10"),
        (["body", 9, "actions", 0, "style"], "loud"),
        (["body", 9, "actions", 0, "data"], 5),
        (["body", 0, "color"], None),
        (["refresh", "userIds"], "all"),
        (["body", 0, "isVisible"], "no"),
        (["body", 0, "spacing"], "wide"),
        (["body", 2, "inlines", 0], {"type": "TextRun"}),
        (["body", 2, "inlines", 0], "plain words"),
        (["body", 0, "id"], "heading"),
        (["actions", 0, "isEnabled"], False),
        (["body", 0, "requires"], {"feature": "1.0"}),
    ],
)
def test_the_compiled_schema_agrees_with_the_public_one(
    path: list[str | int], value: object
) -> None:
    """What the fast form refuses or accepts, the bundled schema refuses or accepts too."""
    changed = change(path, value)(pulse_card())
    assert (judge(changed) == []) == public_schema_accepts(changed)


def test_heavy_cards_are_judged_quickly() -> None:
    """Property tests judge hundreds of cards: far faster than the bundled schema alone (20 x)."""
    cards = [card(*pulse_card()["body"], text(f"{n}")) for n in range(10)]
    start = time.process_time()
    assert all(judge(each) == [] for each in cards)
    ours = (time.process_time() - start) / len(cards)
    start = time.process_time()
    assert public_schema_accepts(cards[0])
    assert ours < (time.process_time() - start) / 3
