"""The token endpoint of Microsoft's identity platform: client credentials only."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.fakes.teams.limits import Clock
from tests.fakes.teams.state import JSON, ProblemError, guid

SCOPE: Final = "https://api.botframework.com/.default"


class AADSTSError(ProblemError):
    """The identity provider refuses, with one of its numbered sentences."""

    def __init__(self, number: int, words: str, *, status: int = 400, error: str = "") -> None:
        super().__init__(status, error or "invalid_request", f"AADSTS{number}: {words}")
        self.number = number

    def as_wire(self) -> JSON:
        """Return the body that explains the refusal."""
        return {
            "error": self.code,
            "error_description": f"{self.message} Trace ID: {guid('trace')}",
            "error_codes": [self.number],
            "trace_id": guid("trace"),
            "correlation_id": guid("correlation"),
        }


@dataclass(slots=True)
class Tokens:
    """Gives out tokens for one app and knows which are still good."""

    app_id: str
    password: str
    tenants: frozenset[str]
    clock: Clock
    expires_in: int = 3_599
    given: int = 0
    _until: dict[str, float] = field(default_factory=dict)

    def give(self, tenant: str, form: Mapping[str, str]) -> JSON:
        """Answer a request for a token."""
        self._check(tenant, form)
        token = f"access-{secrets.token_urlsafe(24)}"
        self._until[token] = self.clock.now() + self.expires_in
        self.given += 1
        lifetime = {"expires_in": self.expires_in, "ext_expires_in": self.expires_in}
        return {"token_type": "Bearer", "access_token": token} | lifetime

    def _check(self, tenant: str, form: Mapping[str, str]) -> None:
        if tenant not in self.tenants:
            raise AADSTSError(90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            error = "unsupported_grant_type"
            raise AADSTSError(70003, "The app requested an unsupported grant type.", error=error)
        if form.get("client_id") != self.app_id:
            said = f"Application with identifier '{form.get('client_id')}' was not found."
            raise AADSTSError(700016, said, error="unauthorized_client")
        if form.get("client_secret") != self.password:
            said = "Invalid client secret provided."
            raise AADSTSError(7000215, said, status=401, error="invalid_client")
        if form.get("scope") != SCOPE:
            said = f"The provided value for scope {form.get('scope')} is not valid."
            raise AADSTSError(1002012, said, error="invalid_scope")

    def check(self, authorization: str | None) -> None:
        """Refuse a connector call without a token that is still good."""
        kind, _, token = (authorization or "").partition(" ")
        if kind != "Bearer" or self._until.get(token, 0.0) <= self.clock.now():
            said = "Authorization has been denied for this request."
            raise ProblemError(401, "Unauthorized", said)

    def revoke(self) -> None:
        """Make every token given so far worthless."""
        self._until.clear()
