"""Who may post: hosts, origins, tokens."""

import pytest

from adapters.web import auth

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1:8080", True),
        ("127.0.0.1", True),
        ("127.8.9.1:80", True),
        ("localhost:8080", True),
        ("[::1]:8080", True),
        ("[::1", False),
        ("", False),
        ("0.0.0.0:8080", False),
        ("10.0.0.1", False),
        ("demo.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("evil.example:80@127.0.0.1", False),
        ("127.0.0.1@evil.example", False),
    ],
)
def test_only_names_of_this_machine_are_ours(host: str, ours: bool) -> None:
    """A foreign name that resolves to this machine is not."""
    assert auth.on_loopback(host) is ours


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"host": "localhost:1", "origin": "http://localhost:1"}, True),
        ({"host": "localhost:1", "origin": "http://localhost:2"}, False),
        ({"host": "localhost:1", "origin": "null"}, False),
        ({"host": "localhost:1"}, False),
        ({}, False),
        ({"host": "localhost:1", "origin": "http://[bad"}, False),
        (
            {
                "host": "localhost:1",
                "origin": "http://localhost:1",
                "sec-fetch-site": "same-origin",
            },
            True,
        ),
        (
            {"host": "localhost:1", "origin": "http://localhost:1", "sec-fetch-site": "none"},
            False,
        ),
    ],
)
def test_only_our_own_pages_may_post(headers: dict[str, str], ours: bool) -> None:
    """By the browser's word, both of its words where it gives two."""
    assert auth.same_origin(headers) is ours


def test_a_token_belongs_to_one_browser() -> None:
    """Another cookie's, an invented one, none at all: refused."""
    cookie = auth.new_cookie()
    assert auth.is_token(KEY, cookie, auth.token(KEY, cookie))
    assert not auth.is_token(KEY, auth.new_cookie(), auth.token(KEY, cookie))
    assert not auth.is_token(b"other", cookie, auth.token(KEY, cookie))
    for given in ("", "x", "ü"):
        assert not auth.is_token(KEY, cookie, given)
    assert not auth.is_token(KEY, "", auth.token(KEY, ""))
    assert not auth.is_token(KEY, "x" * 65, auth.token(KEY, "x" * 65))
