"""Settings from the environment, checked once; every fault is named with its remedy."""

import ipaddress
import re
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "GROUNDSWELL_"
TEAMS_HOSTS = (
    "smba.trafficmanager.net",
    "*.botframework.com",
    "smba.infra.gcc.teams.microsoft.com",
    "smba.infra.gov.teams.microsoft.us",
)
_SHORTEST_SECRET = 16
_LARGEST_PORT = 65535

Names = Annotated[tuple[str, ...], NoDecode]


class WrongSettings(Exception):  # noqa: N818 - named as the fact it states
    """Some settings are missing or wrong; the message lists each with its remedy."""


class Settings(BaseSettings):
    """All settings of one instance; see the README's table."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    database_url: str = "sqlite:///data/groundswell.db"
    keys: str = "data/keys"
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    secret_key: SecretStr = SecretStr("")
    cio: Names = ()

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_client_id: str = ""
    slack_client_secret: SecretStr = SecretStr("")
    slack_api_url: str = "https://slack.com/api/"

    teams_app_id: str = ""
    teams_app_password: SecretStr = SecretStr("")
    teams_tenant_id: str = ""
    teams_tenants: Names = ()
    teams_local: bool = False
    teams_openid_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    teams_token_url: str = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"  # noqa: S105 - an address
    teams_service_hosts: Names = Field(default=TEAMS_HOSTS)

    @field_validator("cio", "teams_tenants", "teams_service_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name for name in re.split(r"[\s,]+", value) if name)

    @field_validator("teams_service_hosts")
    @classmethod
    def _some_hosts(cls, value: Names) -> Names:
        return value or TEAMS_HOSTS

    @field_validator("port")
    @classmethod
    def _a_port(cls, value: int) -> int:
        if not 0 < value <= _LARGEST_PORT:
            raise ValueError("use a number from 1 to 65535")
        return value

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/]+(/[^\s]*)?", value):
            raise ValueError("write the whole address, for instance https://bot.example.com")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError(
                "use sqlite:///path/to/file.db or postgresql://user:password@host/database"
            )
        return value.replace("postgresql://", "postgresql+psycopg://", 1)

    @field_validator("slack_api_url")
    @classmethod
    def _with_slash(cls, value: str) -> str:
        return value if value.endswith("/") else value + "/"

    @model_validator(mode="after")
    def _together(self) -> Self:
        faults = [*self._slack_faults(), *self._teams_faults(), *self._secret_faults()]
        if faults:
            raise ValueError("\n".join(faults))
        return self

    @property
    def slack(self) -> bool:
        """Tell whether Slack is to be connected."""
        return bool(
            _set(self.slack_bot_token) or _set(self.slack_app_token) or self.slack_client_id
        )

    @property
    def teams(self) -> bool:
        """Tell whether Teams is to be connected."""
        return bool(self.teams_app_id) or self.teams_local

    @property
    def on_loopback(self) -> bool:
        """Tell whether only this machine can reach us."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def _slack_faults(self) -> list[str]:
        faults = []
        token, app = _text(self.slack_bot_token), _text(self.slack_app_token)
        if token and not token.startswith("xoxb-"):
            faults.append("SLACK_BOT_TOKEN: a bot token starts with xoxb- (OAuth & Permissions)")
        if app and not app.startswith("xapp-"):
            faults.append("SLACK_APP_TOKEN: an app token starts with xapp- (Basic Information)")
        if app and not token and not self.slack_client_id:
            faults.append("SLACK_BOT_TOKEN: missing; Socket Mode needs it beside SLACK_APP_TOKEN")
        if self.slack and not app and not _set(self.slack_signing_secret):
            faults.append(
                "SLACK_SIGNING_SECRET: missing; copy it from Basic Information,"
                " or set SLACK_APP_TOKEN for Socket Mode"
            )
        if bool(self.slack_client_id) != _set(self.slack_client_secret):
            faults.append("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET: set both or neither")
        if self.slack_client_id and not self.public_url:
            faults.append("PUBLIC_URL: missing; installing over OAuth sends people back to it")
        return faults

    def _teams_faults(self) -> list[str]:
        faults = []
        if self.teams_local and not self.on_loopback:
            faults.append(
                "TEAMS_LOCAL: takes unsigned requests, so it needs HOST to be 127.0.0.1 or ::1"
            )
        if self.teams_local and self.teams_app_id:
            faults.append("TEAMS_LOCAL and TEAMS_APP_ID: set one of them, not both")
        if self.teams_app_id and not _set(self.teams_app_password):
            faults.append("TEAMS_APP_PASSWORD: missing; make a client secret for the app")
        if self.teams_app_id and not self.teams_tenant_id:
            faults.append("TEAMS_TENANT_ID: missing; new bots are single-tenant")
        return faults

    def _secret_faults(self) -> list[str]:
        secret = _text(self.secret_key)
        if secret and len(secret) < _SHORTEST_SECRET:
            return ["SECRET_KEY: too short; use at least 32 random characters"]
        if not secret and (self.slack or self.teams) and not self.teams_local:
            how = 'python3 -c "import secrets; print(secrets.token_hex(32))"'
            return [f"SECRET_KEY: missing; make one with {how}"]
        return []


def load(**overrides: object) -> Settings:
    """Read the environment; raise ``WrongSettings`` with all faults in one list."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type] # checked by the model itself
    except ValidationError as error:
        raise WrongSettings(_sentences(error)) from None


def _sentences(error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        words = fault["msg"].removeprefix("Value error, ")
        name = ".".join(str(part) for part in fault["loc"]).upper()
        lines += [f"{name}: {words}"] if name else words.splitlines()
    return "\n".join(
        ["Some settings are missing or wrong:", *(f"  {PREFIX}{line}" for line in lines)]
    )


def _text(secret: SecretStr) -> str:
    return secret.get_secret_value()


def _set(secret: SecretStr) -> bool:
    return bool(_text(secret))
