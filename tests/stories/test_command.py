"""The command as an operator runs it: faults in plain words, kill -9, stop, the demo."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import structlog
from typer.testing import CliRunner

from adapters.cli import app
from storage import open_storage
from tests.fakes.slack import FakeSlack
from tests.stories.served import ROOT, Command


def settings_of(slack: FakeSlack) -> dict[str, str]:
    """Return what connects the command to the fake."""
    return {
        "GROUNDSWELL_SLACK_API_URL": slack.api_url,
        "GROUNDSWELL_SLACK_BOT_TOKEN": slack.token,
        "GROUNDSWELL_SLACK_SIGNING_SECRET": slack.signing_secret,
        "GROUNDSWELL_CIO": f"slack:{slack.state.team_id}:U1",
    }


async def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """A draft outlives kill -9; an event sent again after it has its one effect."""
    async with FakeSlack() as slack:
        command = Command(tmp_path, settings_of(slack))
        refused = await command.run("serve")
        assert refused[0] == 2
        assert "groundswell migrate" in refused[1]
        assert (await command.run("migrate"))[0] == 0
        await command.start()
        slack.deliver_to(command.address)
        ben = slack.user("U2")
        said = await ben.say("The VPN drops every hour")
        summary = await ben.hears("This is what I understood", timeout=20)
        await command.kill()
        await command.start()
        await slack.redeliver(said, 1, "http_timeout")
        sent = await ben.press(summary, "need.send")
        assert sent.ok
        await ben.hears("N-1 is with IT", timeout=20)
        await command.kill()
        await command.start()
        await slack.redeliver(said, 2, "http_timeout")
        await slack.deliver_at_once(sent.delivery, 4)
        await ben.say("my needs")
        await ben.hears("You have asked for 1 thing", timeout=20)
        assert [m.text for m in ben.heard() if "This is what I understood" in m.text] == []
        assert await command.stop() == 0
        log = command.log()
        assert "VPN" not in log
        assert "Traceback" not in log
        assert slack.violations == []


async def test_the_demo_takes_the_next_free_port_and_stops_cleanly(tmp_path: Path) -> None:
    """It prints where it is and what to try, listens on loopback alone, and leaves nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "adapters.cli",
            "demo",
            "--port",
            str(port),
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None
        lines: list[str] = []
        async with asyncio.timeout(60):
            while not any("Ctrl+C" in line for line in lines):
                line = await process.stdout.readline()
                assert line, lines
                lines.append(line.decode())
        address = next(w for line in lines for w in line.split() if w.startswith("http"))
        assert address.startswith("http://127.0.0.1:")
        assert f":{port}/" not in address
        assert sum(line.lstrip()[:2] in {"1.", "2.", "3."} for line in lines) == 3
        async with (
            asyncio.timeout(60),
            aiohttp.ClientSession() as session,
            session.get(address) as answer,
        ):
            assert answer.status == 200
            assert "Ines Weber" in await answer.text()
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            await process.wait()
        assert "groundswell-demo" not in str(os.listdir(tmp_path))  # noqa: PTH208 - no event loop waits any more


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """Run commands in this process, in a folder of their own; logs are set up as before after."""
    before = structlog.get_config()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATABASE_URL", f"sqlite:///{tmp_path / 'data' / 'g.db'}")
    monkeypatch.setenv("GROUNDSWELL_KEYS", str(tmp_path / "keys"))
    yield CliRunner()
    structlog.configure(**before)


def test_wrong_settings_are_all_named_at_once(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, one list, a remedy for each, no traceback."""
    monkeypatch.setenv("GROUNDSWELL_SLACK_BOT_TOKEN", "wrong")
    monkeypatch.setenv("GROUNDSWELL_PORT", "0")
    result = runner.invoke(app, ["serve"])
    assert result.exit_code == 2
    assert "GROUNDSWELL_PORT" in result.output
    assert "Traceback" not in result.output


def test_serve_without_a_platform_says_how_to_connect_one(runner: CliRunner) -> None:
    """Nothing to listen to is a fault of its own."""
    result = runner.invoke(app, ["serve"])
    assert result.exit_code == 2
    assert "No platform is connected" in result.output


def test_migrate_then_doctor(runner: CliRunner) -> None:
    """Before the migration the doctor names its command, afterwards what else is missing."""
    before = runner.invoke(app, ["doctor"])
    assert before.exit_code == 1
    assert "groundswell migrate" in before.output
    assert runner.invoke(app, ["migrate"]).exit_code == 0
    after = runner.invoke(app, ["doctor"])
    assert "ok    database" in after.output
    assert "LOOK  cio" in after.output


def test_preview_writes_every_card(runner: CliRunner, tmp_path: Path) -> None:
    """Four forms of each, and one page to look at."""
    result = runner.invoke(app, ["preview", "--out", str(tmp_path / "p"), "--locale", "de"])
    assert result.exit_code == 0
    assert (tmp_path / "p" / "index.html").exists()
    names = {path.name.split(".slack")[0] for path in (tmp_path / "p").glob("*.slack.json")}
    assert "needs.receipt" in names
    assert all((tmp_path / "p" / f"{name}.teams.json").exists() for name in names)


@pytest.mark.parametrize(
    ("platform", "file"), [("slack", "slack-manifest.yaml"), ("teams", "manifest.json")]
)
def test_manifests_are_written(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, file: str
) -> None:
    """From the settings, into a folder."""
    for name, value in {
        "PUBLIC_URL": "https://bot.example.com",
        "SECRET_KEY": "s" * 32,
        "TEAMS_APP_ID": "11111111-2222-3333-4444-555555555555",
        "TEAMS_APP_PASSWORD": "p",
        "TEAMS_TENANT_ID": "t",
    }.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    result = runner.invoke(app, ["manifest", platform, "--out", str(tmp_path / "m")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "m" / file).exists()


def test_a_second_process_on_one_file_is_refused(runner: CliRunner, tmp_path: Path) -> None:
    """SQLite is for one process; the message says so."""
    (tmp_path / "data").mkdir()
    held = open_storage(f"sqlite:///{tmp_path / 'data' / 'g.db'}")
    held.migrate()
    try:
        result = runner.invoke(app, ["migrate"])
    finally:
        held.close()
    assert result.exit_code == 2
    assert "another process uses" in result.output
