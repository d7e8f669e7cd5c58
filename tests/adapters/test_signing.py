"""Only our own texts pass, each for its own purpose."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.signing import derive, sign, verify

KEY = derive("a secret", "cards")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_what_is_signed_is_verified(purpose: str, words: str) -> None:
    """Any text, for any purpose."""
    assert verify(KEY, purpose, sign(KEY, purpose, words)) == words


@given(TEXT)
def test_nothing_else_is(words: str) -> None:
    """Garbage, another key, another purpose, one character more."""
    signed = sign(KEY, "action", words)
    assert verify(KEY, "action", words) is None
    assert verify(derive("another", "cards"), "action", signed) is None
    assert verify(KEY, "dialog", signed) is None
    assert verify(KEY, "action", signed + "x") is None
    assert verify(KEY, "action", "é." + words) is None
