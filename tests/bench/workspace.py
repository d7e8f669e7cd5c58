"""What ours and Slack's side agree on: settings, ids and the installation."""

from pathlib import Path
from typing import Any

from adapters.signing import derive

SECRET = "benchmark-secret-0123456789abcdef"
SIGNING_SECRET = "signing-secret"
CLIENT_ID, CLIENT_SECRET = "111.222", "client-secret"
BOT_TOKEN = "xoxb-fake-token"
TEAM = "T1"
EVENTS = "/slack/events"
KEY = derive(SECRET, "cards")
"""With which the product signs what its buttons carry."""
CIO = "U1"
PULSE, SEND, MINE = "pulse.answer", "need.send", "need.mine"
QUESTION = "How happy are you with IT these days?"


def user(number: int) -> str:
    """Name a person of the workspace."""
    return f"U{number:06d}"


def account(person: str) -> str:
    """Name a person's account as the product does."""
    return f"slack:{TEAM}:{person}"


def environment(url: str, room: Path, api_url: str) -> dict[str, str]:
    """Return the settings of an instance that several workspaces may install."""
    return {
        "GROUNDSWELL_DATABASE_URL": url,
        "GROUNDSWELL_KEYS": str(room),
        "GROUNDSWELL_SECRET_KEY": SECRET,
        "GROUNDSWELL_PUBLIC_URL": "http://127.0.0.1",
        "GROUNDSWELL_CIO": account(CIO),
        "GROUNDSWELL_SLACK_API_URL": api_url,
        "GROUNDSWELL_SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "GROUNDSWELL_SLACK_CLIENT_ID": CLIENT_ID,
        "GROUNDSWELL_SLACK_CLIENT_SECRET": CLIENT_SECRET,
    }


def granted() -> dict[str, Any]:
    """Return what Slack grants at the end of an installation."""
    return {
        "ok": True,
        "access_token": BOT_TOKEN,
        "scope": "chat:write",
        "team": {"id": TEAM, "name": "Example"},
    }
