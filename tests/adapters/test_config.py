"""Every wrong setting is named with its remedy, all of them at once."""

import pytest

from adapters.config import Settings, WrongSettings, load

SECRET = "s" * 32
SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "x",
    "SECRET_KEY": SECRET,
}
TEAMS = {
    "TEAMS_APP_ID": "a",
    "TEAMS_APP_PASSWORD": "p",
    "TEAMS_TENANT_ID": "t",
    "SECRET_KEY": SECRET,
}


def loaded(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Settings:
    """Read settings from an environment."""
    for name, value in settings.items():
        monkeypatch.setenv(f"GROUNDSWELL_{name}", value)
    return load()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"PORT": "0"}, "GROUNDSWELL_PORT: use a number from 1 to 65535"),
        ({"PORT": "eighty"}, "GROUNDSWELL_PORT: "),
        ({"PUBLIC_URL": "bot.example.com"}, "GROUNDSWELL_PUBLIC_URL: write the whole address"),
        ({"DATABASE_URL": "mysql://x"}, "GROUNDSWELL_DATABASE_URL: use sqlite:///"),
        ({"SLACK_BOT_TOKEN": "xoxp-1", "SLACK_SIGNING_SECRET": "x"}, "SLACK_BOT_TOKEN: a bot"),
        ({"SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN: an app token starts with xapp-"),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN: missing; Socket Mode"),
        ({**SLACK, "SLACK_SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET: missing"),
        ({**SLACK, "SLACK_CLIENT_ID": "1"}, "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET"),
        ({**SLACK, "SLACK_CLIENT_ID": "1"}, "GROUNDSWELL_PUBLIC_URL: missing"),
        ({**SLACK, "SECRET_KEY": ""}, "GROUNDSWELL_SECRET_KEY: missing"),
        ({**SLACK, "SECRET_KEY": "short"}, "GROUNDSWELL_SECRET_KEY: too short"),
        ({**TEAMS, "TEAMS_APP_PASSWORD": ""}, "TEAMS_APP_PASSWORD: missing"),
        ({**TEAMS, "TEAMS_TENANT_ID": ""}, "TEAMS_TENANT_ID: missing"),
        ({**TEAMS, "TEAMS_LOCAL": "1"}, "TEAMS_LOCAL and TEAMS_APP_ID"),
        ({"TEAMS_LOCAL": "1", "HOST": "0.0.0.0"}, "TEAMS_LOCAL: takes unsigned"),  # noqa: S104
        ({"TEAMS_LOCAL": "1", "HOST": "bot.example.com"}, "TEAMS_LOCAL: takes unsigned"),
    ],
)
def test_each_fault_names_its_remedy(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], says: str
) -> None:
    """One line per fault; a value is never repeated, it may be a secret."""
    with pytest.raises(WrongSettings) as caught:
        loaded(monkeypatch, **settings)
    assert says in str(caught.value)
    for name, value in settings.items():
        if name.endswith(("TOKEN", "PASSWORD")) and len(value) > 4:
            assert value not in str(caught.value)


def test_all_faults_come_in_one_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody mends one fault to meet the next."""
    with pytest.raises(WrongSettings) as caught:
        loaded(monkeypatch, SLACK_BOT_TOKEN="bad", TEAMS_APP_ID="a", SECRET_KEY="short")
    assert len(str(caught.value).splitlines()) == 6


def test_good_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists by comma or blank, the PostgreSQL driver by itself, addresses made whole."""
    found = loaded(
        monkeypatch,
        **SLACK,
        CIO="ines@example.com, slack:T1:U1",
        DATABASE_URL="postgresql://u@h/d",
        SLACK_API_URL="http://127.0.0.1:1/api",
        PUBLIC_URL="https://bot.example.com/",
    )
    assert found.cio == ("ines@example.com", "slack:T1:U1")
    assert found.database_url == "postgresql+psycopg://u@h/d"
    assert found.slack_api_url == "http://127.0.0.1:1/api/"
    assert found.public_url == "https://bot.example.com"
    assert (found.slack, found.teams) == (True, False)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_local_mode_is_allowed_on_loopback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Where only this machine can reach it."""
    assert loaded(monkeypatch, TEAMS_LOCAL="1", HOST=host).teams
