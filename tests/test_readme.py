"""The README promises nothing that is not there."""

import re

import pytest
from typer.main import get_command

from adapters.cli import app
from adapters.config import PREFIX, Settings
from tests.repository import ROOT, files

README = (ROOT / "README.md").read_text(encoding="utf-8")
MARKERS = ("works-on", "settings", "bench")
# What is made on the reader's machine, so it cannot be in the repository.
MADE = ("data/",)


def between(name: str) -> str:
    return README.split(f"<!-- {name}:start -->")[1].split(f"<!-- {name}:end -->")[0]


def shown(default: object) -> str:
    """Write a default as the table does; nothing for what is empty or secret."""
    if isinstance(default, tuple):
        return " ".join(f"`{one}`" for one in default)
    shows = bool(default) if isinstance(default, str) else isinstance(default, int)
    return f"`{default}`" if shows else ""


@pytest.mark.parametrize("name", MARKERS)
def test_each_generated_part_has_its_place(name: str) -> None:
    """A script that fills a part finds its two marks, once and in order."""
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    assert (README.count(start), README.count(end)) == (1, 1)
    assert README.index(start) < README.index(end)


def test_every_setting_is_listed_with_its_default() -> None:
    """The table is the settings: none missing, none too many, in their order, none wrong."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?)\| .+\|$", between("settings"), flags=re.MULTILINE)
    wanted = [
        (f"{PREFIX}{name}".upper(), shown(field.default))
        for name, field in Settings.model_fields.items()
    ]
    assert [(name, default.strip()) for name, default in rows] == wanted


def test_every_setting_that_is_named_exists() -> None:
    """Also in the steps, where a shorter name stands for the whole one."""
    known = {name.upper() for name in Settings.model_fields}
    named = set(re.findall(rf"`{PREFIX}(\w+)", README)) | set(re.findall(r"`_([A-Z_]+)`", README))
    assert {one for one in named if one not in known and f"SLACK_{one}" not in known} == set()


def test_every_command_that_is_named_exists() -> None:
    """And every command that exists is named."""
    commands: dict[str, object] = getattr(get_command(app), "commands", {})
    named = set(re.findall(r"groundswell ([a-z]+)(?=[` ])", README))
    assert named - set(commands) == set()
    assert set(commands) - {"demo"} <= named
    assert "make demo" in README


def test_every_target_that_is_named_exists() -> None:
    """`make` knows what the README tells people to type."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", README, flags=re.MULTILINE)) <= targets


def test_every_file_that_is_named_exists() -> None:
    """A path that moved is a reader lost."""
    folders = r"(?<![\w/])(?:bot|adapters|storage|tests|deploy|\.github|\.ci)"
    named = set(re.findall(rf"{folders}/[\w./*-]*[\w*]", README))
    paths = {path.as_posix() for path in files()}
    known = paths | {
        path.parents[n].as_posix() for path in files() for n in range(len(path.parts) - 1)
    }
    assert {one for one in named if one not in known and not list(ROOT.glob(one))} == set()
    assert not any(one.startswith(MADE) for one in named)
