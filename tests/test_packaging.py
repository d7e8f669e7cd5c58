"""The wheel holds what is committed, owns one name, and runs beside packages named like ours."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.repository import PRODUCT, ROOT, files

# What lies about in a working copy and must never be published.
STRAY = ("bot/.env", "adapters/.secrets/token", "storage/__pycache__/x.pyc", "bot/old.pyc")


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed; its output is the message if it does not."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the repository in which secrets lie about."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in files():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    for name in STRAY:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("GROUNDSWELL_SECRET_KEY=left-behind")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist", cwd=folder)
    (built,) = (folder / "dist").iterdir()
    return built


def test_the_wheel_holds_the_committed_files_and_nothing_else(wheel: Path) -> None:
    """Every file of the three packages is in it, no secret and no cache, under one name."""
    names = set(zipfile.ZipFile(wheel).namelist())
    described = {name for name in names if re.fullmatch(r"groundswell-[\d.]+\.dist-info/.+", name)}
    packages = {path.as_posix() for path in files() if path.parts[0] in PRODUCT}
    expected = {f"groundswell/app/{name}" for name in packages} | {"groundswell/__init__.py"}
    assert names - described == expected


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    """Licence, Python version and command are written in its metadata."""
    with zipfile.ZipFile(wheel) as content:
        texts = {Path(name).name: content.read(name).decode() for name in content.namelist()}
    assert "License-Expression: Apache-2.0" in texts["METADATA"]
    assert "Requires-Python: >=3.11" in texts["METADATA"]
    assert "Apache License" in texts["LICENSE"]
    assert "groundswell = groundswell:main" in texts["entry_points.txt"]


def test_the_command_runs_beside_a_foreign_package_of_the_same_name(
    wheel: Path, tmp_path: Path
) -> None:
    """Another distribution's `adapters` and `storage` change nothing, and we do not touch them."""
    run(sys.executable, "-m", "venv", "--without-pip", "venv", cwd=tmp_path)
    scripts = tmp_path / "venv" / "bin"
    python = scripts / "python"
    ours, found = (
        sysconfig.get_path("purelib"),
        "import sysconfig as s; print(s.get_path('purelib'))",
    )
    theirs = Path(run(python, "-c", found, cwd=tmp_path).strip())
    for name in ("adapters", "storage"):
        (theirs / name).mkdir()
        (theirs / name / "__init__.py").write_text("raise ImportError('a foreign package')")
    # Our dependencies come from the environment that runs the tests; its own links do not.
    (theirs / "dependencies.pth").write_text(ours)
    install = ("pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel)
    run(sys.executable, "-m", "uv", *install, cwd=tmp_path)

    assert "Usage" in run(scripts / "groundswell", "--help", cwd=tmp_path)
    assert {path.name for path in theirs.iterdir()} >= {"adapters", "storage", "groundswell"}
    foreign = subprocess.run([python, "-c", "import adapters"], cwd=tmp_path, check=False)
    assert foreign.returncode == 1


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_pin_every_package_by_hash(lock: str) -> None:
    """Each line names one version and its hashes, and no address to take it from."""
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"\n\s*#.*", "", text).strip())
    for entry in entries:
        assert re.match(r"[a-z0-9.\-]+==[^\s;]+", entry), entry
        assert "--hash=sha256:" in entry, entry
        assert "//" not in entry, entry


def test_the_locks_agree_with_each_other_and_with_the_project() -> None:
    """What is tested is what is shipped, and nothing that is declared is missing."""
    shipped, tested = pins("requirements.lock"), pins("requirements-dev.lock")
    assert shipped <= tested
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {re.split(r"[^\w.\-]", one)[0] for one in project["project"]["dependencies"]}
    assert wanted <= {name for name, _ in shipped}
    develop = {re.split(r"[^\w.\-]", one)[0] for one in project["dependency-groups"]["dev"]}
    assert develop <= {name for name, _ in tested}


def pins(lock: str) -> set[tuple[str, str]]:
    """Read names and versions from a lock."""
    lines = re.findall(r"^([a-z0-9.\-]+)==([^\s;]+)", (ROOT / lock).read_text(), flags=re.MULTILINE)
    return {(name, version) for name, version in lines}
