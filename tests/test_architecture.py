"""Rules of the house that no type checker sees.

A folder that is not there yet breaks no rule; once it is there, each rule bites.
"""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.repository import PRODUCT, ROOT, dotted, files, imports, python, takes, tree

FEATURE = {"__init__", "model", "rules", "handlers", "cards"}
PLATFORM = {"__init__", "app", "auth", "parse", "render", "send"}
PLATFORMS = {
    "slack": PLATFORM | {"limits", "tokens"},
    "teams": PLATFORM | {"limits", "tokens", "botbuilder", "proactive"},
    "web": PLATFORM,
}
# What draws a card may not reach out for anything: no database, no client, no clock.
OUTSIDE = (
    "storage", "sqlalchemy", "psycopg", "sqlite3", "alembic",
    "aiohttp", "http", "httpx", "requests", "socket", "urllib.request", "openai",
    "slack_bolt", "slack_sdk", "botbuilder", "botframework", "starlette", "uvicorn",
    "time", "asyncio", "threading", "subprocess", "random", "secrets", "uuid",
    "bot.ports.UnitOfWork", "bot.ports.Clock",
)  # fmt: skip
# Bolt matches listeners one after the other; more than one per kind of request costs each of them.
BOLT_LISTENERS = 7
BOLT_KINDS = {
    "action", "block_action", "attachment_action", "dialog_submission", "dialog_cancellation",
    "event", "message", "command", "shortcut", "global_shortcut", "message_shortcut",
    "view", "view_submission", "view_closed", "options", "block_suggestion",
    "dialog_suggestion", "function", "step",
}  # fmt: skip


def modules(folder: str) -> set[str]:
    """Name the Python files that lie directly in a folder."""
    return {path.stem for path in python(*PRODUCT) if path.parent == Path(folder)}


def features() -> list[str]:
    """Name the folders of the core; each is a feature."""
    return sorted({path.parts[1] for path in python("bot") if len(path.parts) > 2})


def test_the_core_imports_the_standard_library_and_itself_only() -> None:
    """Whatever it is called, a third party's package has no place in the core."""
    allowed = sys.stdlib_module_names | {"bot"}
    foreign = {
        f"{path}: {name}"
        for path in python("bot")
        for name in imports(path)
        if name.split(".")[0] not in allowed
    }
    assert foreign == set()


def test_the_core_takes_time_and_chance_as_arguments() -> None:
    """No clock is read and nothing is drawn by lot in the core, so each run can be repeated."""
    drawn = {
        f"{path}: {name}"
        for path in python("bot")
        for name in ("random", "secrets", "time", "uuid", "asyncio", "threading")
        if takes(path, name)
    }
    read = {
        f"{path}:{node.lineno}: {dotted(node)}"
        for path in python("bot")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today", "urandom"}
        and dotted(node.value).split(".")[-1] in {"datetime", "date", "os"}
    }
    assert drawn | read == set()


@pytest.mark.parametrize("feature", features())
def test_each_feature_has_the_same_files(feature: str) -> None:
    """A newcomer who knows one feature finds the way in all others."""
    present = modules(f"bot/{feature}")
    assert present >= FEATURE, f"bot/{feature} lacks {sorted(FEATURE - present)}"
    assert len(present - FEATURE) <= 1, f"bot/{feature}: split it, {sorted(present - FEATURE)}"


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_each_platform_has_the_same_files(platform: str) -> None:
    """What was said, what is shown and what is sent lie in files of the same name."""
    present = modules(f"adapters/{platform}")
    assert not present or present >= PLATFORMS[platform], sorted(PLATFORMS[platform] - present)


def test_what_draws_a_card_reaches_out_for_nothing() -> None:
    """Cards and renderers are functions of what they are given."""
    drawing = [path for path in python(*PRODUCT) if path.name in {"cards.py", "render.py"}]
    reaching = {f"{path}: {name}" for path in drawing for name in OUTSIDE if takes(path, name)}
    assert reaching == set()


def test_only_its_folder_imports_a_platforms_sdk() -> None:
    """Slack's SDK lies in one folder and Microsoft's archived one behind a seam of two files."""
    slack = {path.parent for path in python(*PRODUCT) if takes(path, "slack_bolt", "slack_sdk")}
    teams = [
        path for path in python(*PRODUCT) if takes(path, "botbuilder", "botframework", "msrest")
    ]
    assert slack <= {Path("adapters/slack")}
    assert {path.parent for path in teams} <= {Path("adapters/teams")}
    assert len(teams) == (2 if "botbuilder" in modules("adapters/teams") else 0)


def test_bolt_gets_at_most_seven_listeners() -> None:
    """A table of our own routes; Bolt sees one listener for each kind of request."""
    registered = [
        f"{path}:{node.lineno}: {dotted(node)}"
        for path in python("adapters")
        if path.parts[1] == "slack"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in BOLT_KINDS
        and dotted(node.value).split(".")[-1] in {"app", "bolt", "bolt_app"}
    ]
    assert len(registered) <= BOLT_LISTENERS, registered


def test_no_other_distribution_owns_our_packages() -> None:
    """Distributions called `adapters` and `storage` exist; installed, they would win over ours."""
    owners = packages_distributions()
    foreign = {name: set(owners.get(name, [])) - {"groundswell"} for name in PRODUCT}
    assert foreign == {name: set() for name in PRODUCT}


def test_every_folder_with_code_is_a_package() -> None:
    """Without `__init__.py` a folder is invisible to type and import checks."""
    code = {path.parent for path in python(*PRODUCT, "tests")}
    without = {folder for folder in code if not (ROOT / folder / "__init__.py").is_file()}
    assert {folder for folder in without if "migrations" not in folder.parts} == set()


def test_no_file_names_a_machine_or_a_registry() -> None:
    """A clone works anywhere: no path of one machine, no address that packages come from."""
    # The brackets keep these patterns from finding themselves.
    homes = r"(?<![\w.~*-])/(?:root|home|Users|work)/\w"
    hosts = r"[p]ypi\.org|[p]ythonhosted|[r]egistry\.npmjs|[f]ile:///"
    machine = re.compile(f"{homes}|{hosts}")
    found = {
        f"{path}:{number}: {match[0]}"
        for path in files()
        for number, line in enumerate(_text(path).splitlines(), 1)
        for match in machine.finditer(line)
    }
    assert found == set()


def _text(path: Path) -> str:
    """Read a file; pictures and fonts give nothing."""
    content = (ROOT / path).read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


def test_tests_skip_nothing_and_patch_nothing() -> None:
    """Fakes are programs that behave like the real thing; the product runs unpatched."""
    words = {"skip", "skipif", "xfail", "importorskip", "SkipTest", "skipTest"}
    skips = {
        f"{path}:{node.lineno}: {dotted(node)}"
        for path in python("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and (node.attr in words or dotted(node) == "monkeypatch.setattr")
    }
    mocks = {
        str(path) for path in python("tests") if takes(path, "unittest", "mock", "pytest_mock")
    }
    assert skips | mocks == set()
