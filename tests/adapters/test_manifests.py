"""What each platform is told about the app: valid, short enough, and true of the code."""

import json
import struct
import tomllib
import zipfile
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft7Validator

from adapters.ai.offline import OfflineUnderstanding
from adapters.config import Settings, WrongSettings, load
from adapters.ears import Ears
from adapters.slack import dispatch
from adapters.slack import manifest as slack
from adapters.slack.app import SlackPlatform
from adapters.teams import manifest as teams
from adapters.wiring import tools
from bot.actions import Action
from storage.memory import MemoryStorage
from tests.repository import ROOT, files

JSON = dict[str, Any]
SCHEMAS = ROOT / "tests/fakes/schemas"
DEPLOY = ROOT / "deploy"

# The committed samples are those of this instance.
EXAMPLE = {
    "secret_key": "0123456789abcdef0123456789abcdef",
    "public_url": "https://groundswell.example.com",
    "slack_bot_token": "xoxb-example",
    "slack_signing_secret": "example",
    "teams_app_id": "00000000-0000-4000-8000-000000000000",
    "teams_app_password": "example",
    "teams_tenant_id": "00000000-0000-4000-8000-000000000001",
}

# Reactions would cost a scope and nothing is done with them yet; the third concerns apps that are
# installed for a whole organisation, which this manifest does not offer.
NOT_ASKED_FOR = {"reaction_added", "reaction_removed", "team_access_revoked"}


def settings(**changes: str) -> Settings:
    return load(**{**EXAMPLE, **changes})


@cache
def schema(name: str) -> JSON:
    content: JSON = json.loads((SCHEMAS / name).read_text())
    return content


def faults_of_slack(manifest: JSON) -> list[str]:
    return [
        e.message
        for e in Draft7Validator(schema("slack-manifest.schema.json")).iter_errors(manifest)
    ]


def faults_of_teams(manifest: JSON) -> list[str]:
    validator = Draft4Validator(schema("teams-manifest-1.22.schema.json"))
    return [e.message for e in validator.iter_errors(manifest)]


def shortcuts(manifest: JSON, kind: str) -> set[str]:
    return {one["callback_id"] for one in manifest["features"]["shortcuts"] if one["type"] == kind}


def events(manifest: JSON) -> set[str]:
    """Return the events asked for; a message goes by its type, however it was asked for."""
    asked: list[str] = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert [one for one in asked if one.startswith("message")] == ["message.im"]
    return {one.partition(".")[0] for one in asked}


def routed_events() -> set[str]:
    ears = Ears(MemoryStorage().units, tools(settings()))
    routes = dispatch.table(SlackPlatform(settings(), ears, key=bytes(32))._replies)
    ears.close()
    return {name.removeprefix("event:") for name in routes if name.startswith("event:")}


def pixels(picture: bytes) -> tuple[int, int, bytes]:
    """Read width, height and colours of a picture that was written without filters."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(picture):
        (size,) = struct.unpack(">I", picture[at : at + 4])
        name, content = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        (check,) = struct.unpack(">I", picture[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(name + content)
        chunks[name] = chunks.get(name, b"") + content
        at += 12 + size
    return width, height, zlib.decompress(chunks[b"IDAT"])


# --- the committed samples ----------------------------------------------------------------------


def test_the_committed_slack_manifest_is_the_generated_one(tmp_path: Path) -> None:
    """Whoever reads `deploy/` reads what the command writes."""
    (written,) = slack.write_slack(settings(), tmp_path / "new")
    assert written.read_text() == (DEPLOY / "slack-manifest.yaml").read_text()


def test_the_committed_teams_package_is_the_generated_one(tmp_path: Path) -> None:
    """Pictures are compared by their points: compressors differ, what is seen does not."""
    written = {path.name: path for path in teams.write_teams(settings(), tmp_path / "new")}
    committed = DEPLOY / "teams"
    assert set(written) - {teams.ARCHIVE} == {
        path.name for path in files() if path.parent == Path("deploy/teams")
    }
    assert written["manifest.json"].read_text() == (committed / "manifest.json").read_text()
    for name in ("color.png", "outline.png"):
        assert pixels(written[name].read_bytes()) == pixels((committed / name).read_bytes())


# --- Slack --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes", [{}, {"slack_app_token": "xapp-example"}, {"public_url": "", "teams_app_id": ""}]
)
def test_the_slack_manifest_is_valid(changes: dict[str, str]) -> None:
    """It keeps to the published names, lengths and counts, in both modes."""
    assert faults_of_slack(slack.manifest(settings(**changes))) == []


def test_the_slack_schema_refuses_what_slack_refuses() -> None:
    """A validator that lets everything through would prove nothing."""
    manifest = slack.manifest(settings())
    manifest["display_information"]["name"] = "n" * 36
    manifest["features"]["slash_commands"][0]["should_escape"] = False
    manifest["features"]["shortcuts"][0]["name"] = "n" * 25
    manifest["settings"]["unknown"] = True
    assert len(faults_of_slack(manifest)) == 4


def test_the_slack_manifest_survives_yaml() -> None:
    """What is written is read back as the same data by a complete YAML reader."""
    manifest = slack.manifest(settings())
    assert yaml.safe_load(slack.yaml(manifest)) == manifest


KEYS = st.sampled_from(["name", "url", "bot_events", "_metadata", "scopes"])
SCALARS = (
    st.booleans() | st.integers() | st.text(st.characters(min_codepoint=32, max_codepoint=126))
)


@settings_of_hypothesis(max_examples=50)
@given(
    st.dictionaries(
        KEYS,
        st.recursive(
            SCALARS | st.sampled_from(["yes", "no", "on", "null", "a: b", "- c", "im:history"]),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
            max_leaves=8,
        ),
    )
)
def test_any_plain_data_survives_yaml(value: JSON) -> None:
    """Words that YAML reads as something else, colons and empty collections included."""
    assert yaml.safe_load(slack.yaml({"top": value})) == {"top": value}


def test_http_mode_names_one_address_for_everything() -> None:
    """Events, commands and presses come in at the same verified route."""
    manifest = slack.manifest(settings())
    address = "https://groundswell.example.com/slack/events"
    assert manifest["settings"]["event_subscriptions"]["request_url"] == address
    assert manifest["settings"]["interactivity"]["request_url"] == address
    assert manifest["features"]["slash_commands"][0]["url"] == address
    assert manifest["settings"]["socket_mode_enabled"] is False
    assert manifest["oauth_config"]["redirect_urls"] == [
        "https://groundswell.example.com/slack/oauth_redirect"
    ]


@pytest.mark.parametrize(
    "changes", [{"slack_app_token": "xapp-example"}, {"public_url": "", "teams_app_id": ""}]
)
def test_socket_mode_names_no_address(changes: dict[str, str]) -> None:
    """With an app token, or without a public address, Slack needs no way in."""
    manifest = slack.manifest(settings(**changes))
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "/slack/events" not in json.dumps(manifest)


def test_the_bot_asks_for_little() -> None:
    """It reads the history of nothing but its own direct messages."""
    scopes = slack.manifest(settings())["oauth_config"]["scopes"]
    assert [one for one in scopes["bot"] if one.endswith(":history")] == ["im:history"]
    assert scopes["bot_optional"] == ["users:read.email"]
    assert set(scopes) == {"bot", "bot_optional"}


def test_the_slack_manifest_offers_what_is_routed() -> None:
    """Each command, shortcut and event of the manifest has a route, and the other way round."""
    manifest = slack.manifest(settings())
    assert {one["command"] for one in manifest["features"]["slash_commands"]} == set(
        dispatch.COMMANDS
    )
    assert shortcuts(manifest, "message") == set(dispatch.MESSAGE_SHORTCUTS)
    assert shortcuts(manifest, "global") == set(dispatch.GLOBAL_SHORTCUTS)
    assert events(manifest) == routed_events() - NOT_ASKED_FOR


def test_the_message_shortcut_makes_a_need() -> None:
    """Its name starts with a verb and says what comes of it."""
    found = slack.manifest(settings())["features"]["shortcuts"]
    assert ("message", "Make this a need", Action.NEED_FROM_MESSAGE.value) in [
        (one["type"], one["name"], one["callback_id"]) for one in found
    ]


# --- Teams --------------------------------------------------------------------------------------


def test_the_teams_manifest_is_valid() -> None:
    """Microsoft's public schema finds no fault."""
    assert faults_of_teams(teams.manifest(settings())) == []


def test_the_teams_schema_refuses_what_teams_refuses() -> None:
    """A validator that lets everything through would prove nothing."""
    manifest = teams.manifest(settings())
    manifest["description"]["short"] = "n" * 81
    manifest["accentColor"] = "teal"
    manifest["bots"][0]["supportsTargetedMessages"] = True
    assert len(faults_of_teams(manifest)) == 3


def test_the_teams_manifest_names_no_other_platform() -> None:
    """The store refuses an app that names a competing one."""
    assert "slack" not in json.dumps(teams.manifest(settings())).lower()


def test_the_teams_manifest_speaks_of_one_sentence_and_no_app() -> None:
    """The store's rules for the short description and for long ones."""
    manifest = teams.manifest(settings())
    short, full = manifest["description"]["short"], manifest["description"]["full"]
    assert short.count(".") == 1
    assert "app" not in short.lower().split()
    assert len(full.split()) <= 500
    assert "administrator" in full


def test_every_listed_command_is_understood() -> None:
    """A command that leads nowhere fails the store's review."""
    understanding = OfflineUnderstanding()
    (bot,) = teams.manifest(settings())["bots"]
    titles = [one["title"] for listed in bot["commandLists"] for one in listed["commands"]]
    assert [title for title in titles if understanding.meaning(title, "en") is None] == []
    assert {scope for listed in bot["commandLists"] for scope in listed["scopes"]} == set(
        bot["scopes"]
    )


def test_the_teams_manifest_carries_the_version_of_the_product() -> None:
    """Teams offers an update when this number rises, so it rises with every release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert teams.manifest(settings())["version"] == project["version"]


def test_without_registration_or_tls_no_teams_manifest() -> None:
    """Both faults are named at once, with what to do."""
    with pytest.raises(WrongSettings) as refused:
        teams.manifest(settings(teams_app_id="", public_url="http://bot.example.com"))
    assert "GROUNDSWELL_TEAMS_APP_ID: missing" in str(refused.value)
    assert "GROUNDSWELL_PUBLIC_URL: Teams needs an https address" in str(refused.value)


def test_the_icons_have_the_size_and_colours_that_teams_wants() -> None:
    """The colour icon is opaque and 192 wide; the outline is white on transparent and 32 wide."""
    package = teams.package(settings())
    width, height, colours = pixels(package["color.png"])
    assert (width, height) == (192, 192)
    assert {row_of(colours, 192, y)[x * 4 + 3] for y in range(192) for x in range(192)} == {255}
    width, height, outline = pixels(package["outline.png"])
    assert (width, height) == (32, 32)
    points = [row_of(outline, 32, y)[x * 4 : x * 4 + 4] for y in range(32) for x in range(32)]
    assert {point[:3] for point in points} == {b"\xff\xff\xff"}
    assert {0, 255} <= {point[3] for point in points}


def row_of(colours: bytes, width: int, y: int) -> bytes:
    size = width * 4 + 1
    assert colours[y * size] == 0
    return colours[y * size + 1 : (y + 1) * size]


def test_the_archive_holds_the_three_files_and_is_repeatable() -> None:
    """What is uploaded holds nothing else, at its top level, and the same files give the same."""
    package = teams.package(settings())
    made = teams.archive(package)
    with zipfile.ZipFile(BytesIO(made)) as folder:
        assert {name: folder.read(name) for name in folder.namelist()} == package
    manifest = json.loads(package["manifest.json"])
    assert set(package) == {"manifest.json", *manifest["icons"].values()}
    assert teams.archive(package) == made
