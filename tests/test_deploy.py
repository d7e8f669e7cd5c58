"""What is deployed is checked by reading it: no root, no default secret, no unpinned part."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository import PRODUCT, ROOT, files

DEPLOY = ROOT / "deploy"
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY")


def stages() -> list[list[tuple[str, str]]]:
    """Read the Dockerfile as instructions, one list for each stage."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    found: list[list[tuple[str, str]]] = [[]]
    for word, _, rest in (line.partition(" ") for line in lines if line.strip()):
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest.strip()))
    return found[1:]


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return content


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def workflow() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    return content


def test_the_image_installs_by_hash_and_then_the_wheel_alone() -> None:
    """Dependencies come from the lock; the wheel brings nothing along."""
    runs = [rest for word, rest in stages()[0] if word == "RUN"]
    (locked,) = [rest for rest in runs if "requirements.lock" in rest]
    (ours,) = [rest for rest in runs if "/dist/" in rest]
    assert "--require-hashes" in locked
    assert "--no-deps" in ours
    assert "--offline" in ours
    assert runs.index(locked) < runs.index(ours)


def test_the_image_is_small_and_not_root() -> None:
    """The last stage installs nothing, takes only the built environment, and has no rights."""
    last = stages()[-1]
    assert [rest for word, rest in last if word == "COPY"] == [
        "--from=build /opt/groundswell /opt/groundswell"
    ]
    (user,) = [rest for word, rest in last if word == "USER"]
    assert all(int(number) > 0 for number in user.split(":"))
    assert not [rest for word, rest in last if word == "RUN" and re.search(r"\b(pip|apt)", rest)]
    assert [json.loads(rest) for word, rest in last if word in {"ENTRYPOINT", "CMD"}] == [
        ["groundswell"],
        ["serve"],
    ]


def test_the_image_asks_whether_it_is_ready() -> None:
    """The check of the container's health is a program that runs, and it asks `/readyz`."""
    (check,) = [rest for word, rest in stages()[-1] if word == "HEALTHCHECK"]
    command = json.loads(check[check.index("CMD") + 3 :])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "healthcheck", "exec")
    assert "/readyz" in command[2]


def test_the_image_holds_no_secret_and_no_floating_part() -> None:
    """Nothing is fetched by address, no base is `latest`, and no secret is written into it."""
    for word, rest in [pair for stage in stages() for pair in stage]:
        assert word != "ADD"
        assert ":latest" not in rest
        assert not (word in {"ENV", "ARG"} and SECRET.search(rest))


def test_the_image_is_built_from_what_is_committed() -> None:
    """Each copied name is in the repository, and is let through to the builder."""
    copied = {name for word, rest in stages()[0] if word == "COPY" for name in rest.split()[:-1]}
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().split("\n")
    known = {path.as_posix() for path in files()} | set(PRODUCT)
    assert copied <= known
    assert ignored[1] == "*"
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
    assert ignored.index("**/.*") > ignored.index("!bot")


def test_compose_starts_the_bot_after_its_database() -> None:
    """The schema is brought up once, and only then the bot starts; the data outlives both."""
    bot, migrate, database = (services()[name] for name in ("bot", "migrate", "database"))
    assert bot["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert migrate["depends_on"]["database"]["condition"] == "service_healthy"
    assert migrate["command"] == ["migrate"]
    assert {one.partition(":")[0] for one in bot["volumes"] + database["volumes"]} == set(
        compose()["volumes"]
    )


@pytest.mark.parametrize("name", ["bot", "migrate"])
def test_compose_gives_our_containers_no_rights(name: str) -> None:
    """They cannot write to their own image, gain rights, or use any of the system's."""
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["build"]["dockerfile"] == "deploy/Dockerfile"


def test_compose_opens_a_port_to_this_host_only() -> None:
    """TLS ends in front; the database is not reachable from outside at all."""
    ports = {name: service.get("ports", []) for name, service in services().items()}
    assert ports.pop("bot") == ["127.0.0.1:${GROUNDSWELL_PORT:-8080}:8080"]
    assert all(opened == [] for opened in ports.values())


def test_compose_has_no_default_for_a_secret() -> None:
    """A secret that is not set stops the start, or leaves that platform off."""
    for service in services().values():
        for name, value in service["environment"].items():
            if SECRET.search(name) or "://" in str(value):
                assert value is None or re.search(r"\$\{\w+:\?[^}]+\}", value), name
                assert not re.search(r"\$\{\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*(?:-|:-)", str(value))


def test_compose_sets_only_what_the_product_reads() -> None:
    """A setting's name that nobody reads would be a promise not kept."""
    config = Path("adapters/config.py")
    if config not in files():
        return
    names = set(re.findall(r"\b[a-z_]+\b", (ROOT / config).read_text()))
    wanted = set(services()["bot"]["environment"])
    assert {
        name for name in wanted if name.removeprefix("GROUNDSWELL_").lower() not in names
    } == set()


def test_ci_has_no_rights_and_pins_what_it_runs() -> None:
    """Each action is a commit, the token can only read, and the same command runs as at a desk."""
    steps = workflow()["jobs"]["run"]["steps"]
    assert workflow()["permissions"] == {}
    assert workflow()["jobs"]["run"]["permissions"] == {"contents": "read"}
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one["uses"]) for one in steps if "uses" in one)
    assert steps[-1] == {"run": ".ci/run"}
    assert workflow()["jobs"]["run"]["strategy"]["matrix"]["python"][0] == "3.11"


def test_the_ci_command_stops_at_the_first_failure() -> None:
    """It can be started as it is, and a failed step is a failed run."""
    command = ROOT / ".ci/run"
    assert os.access(command, os.X_OK)
    text = command.read_text()
    assert "set -euo pipefail" in text
    assert text.rstrip().endswith("make check\nmake test")


def test_each_decision_is_one_short_page() -> None:
    """Decisions are numbered without a gap and can be read in a minute."""
    pages = sorted((DEPLOY / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    for page in pages:
        lines = page.read_text().splitlines()
        assert re.match(rf"# {page.name[:4]} \S", lines[0]), page.name
        assert len(lines) <= 30, page.name
