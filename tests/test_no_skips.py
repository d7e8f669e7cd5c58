"""The rule that no test is skipped is itself tested, in a run of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy

ROOT = Path(__file__).parents[1]
PASSING = "import pytest\n@pytest.mark.{0}\ndef test_{0}():\n    pass\n"


# Calls, marks, whole files and expected failures; the words are put together here so that the
# rule against them can be checked in this folder too.
SKIPPED = (
    "import pytest\ndef test_it():\n    pytest." + "skip('no browser here')\n",
    "import pytest\n@pytest.mark." + "skip\ndef test_it():\n    assert 0\n",
    "import pytest\npytest." + "skip('not here', allow_module_level=True)\n",
    "import pytest\n@pytest.mark." + "xfail\ndef test_it():\n    assert 0\n",
)


def run(folder: Path, *tests: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest over files of its own, with the rule switched on as in this repository."""
    hooks = "from tests.no_skips import pytest_collection_modifyitems, pytest_configure\n"
    (folder / "conftest.py").write_text(hooks)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  browser: x\n  postgres: x\n")
    for number, test in enumerate(tests):
        (folder / f"test_{number}.py").write_text(test)
    inherited = {name: value for name, value in os.environ.items() if name != "EVERY_TEST"}
    # Without the other plugins such a run takes a quarter of the time.
    inherited |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skipped_test_fails_the_run(tmp_path: Path) -> None:
    """However a test is skipped, the run ends non-zero and names it."""
    result = run(tmp_path, PASSING.format("browser"), *SKIPPED)
    assert result.returncode == 1, result.stdout
    faults = [line for line in result.stdout.splitlines() if line.startswith("FAILED")]
    named = ["test_1.py::test_it", "test_2.py::test_it", "test_3.py", "test_4.py::test_it"]
    assert sorted(faults) == [f"FAILED {name}: skipped" for name in named]


def test_a_whole_run_needs_each_kind(tmp_path: Path) -> None:
    """A run that contains no test of a kind may not claim to be whole."""
    result = run(tmp_path, PASSING.format("browser"), EVERY_TEST="1")
    assert result.returncode == 1
    assert "FAILED no postgres test passed" in result.stdout
    assert "no browser test" not in result.stdout


def test_a_whole_run_passes(tmp_path: Path) -> None:
    """With both kinds run, also by several workers, the run passes and says how many."""
    both = PASSING.format("browser") + PASSING.format("postgres")
    result = run(tmp_path, both, EVERY_TEST="1", PYTEST_ADDOPTS="-p xdist -n 1")
    assert result.returncode == 0, result.stdout
    assert "browser 1, postgres 1" in result.stdout


def test_part_of_the_tests_may_run_alone(tmp_path: Path) -> None:
    """At the desk, a run of one file is held to nothing but passing."""
    assert run(tmp_path, PASSING.format("browser")).returncode == 0


@pytest.mark.postgres
def test_each_test_has_a_postgresql_of_its_own(postgres_url: str) -> None:
    """The database answers through SQLAlchemy, is PostgreSQL and is empty."""
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.exec_driver_sql("CREATE TABLE left_open (x int)")
        version = connection.exec_driver_sql("SHOW server_version_num").scalar_one()
    assert int(version) >= 160000
    engine.dispose()
