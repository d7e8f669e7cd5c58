"""What is sealed opens with its own key alone, and never again once that is destroyed."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sealing import LONGEST, FileSealer


@given(words=st.binary(max_size=LONGEST))
def test_what_is_sealed_comes_back(tmp_path_factory: pytest.TempPathFactory, words: bytes) -> None:
    """Any words up to the limit; all boxes have one length."""
    sealer = FileSealer(tmp_path_factory.mktemp("keys"))
    key = sealer.new_key()
    box = sealer.seal(key, words)
    assert sealer.open(key, box) == words
    assert len(box) == len(sealer.seal(key, b""))


def test_the_same_answer_looks_different_each_time(tmp_path: Path) -> None:
    """Boxes cannot be compared."""
    sealer = FileSealer(tmp_path)
    key = sealer.new_key()
    assert len({sealer.seal(key, b"7") for _ in range(50)}) == 50


def test_too_many_words_are_refused(tmp_path: Path) -> None:
    """Nothing is cut."""
    sealer = FileSealer(tmp_path)
    with pytest.raises(ValueError, match="2000 bytes"):
        sealer.seal(sealer.new_key(), b"x" * (LONGEST + 1))


def test_a_destroyed_key_opens_nothing(tmp_path: Path) -> None:
    """Destroying it twice is once."""
    sealer = FileSealer(tmp_path)
    key = sealer.new_key()
    box = sealer.seal(key, b"7")
    sealer.destroy(key)
    sealer.destroy(key)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyError):
        sealer.open(key, box)


def test_another_key_or_a_changed_box_opens_nothing(tmp_path: Path) -> None:
    """Boxes are bound to their wave and to each byte."""
    sealer = FileSealer(tmp_path)
    one, two = sealer.new_key(), sealer.new_key()
    box = sealer.seal(one, b"7")
    for key, spoilt in ((two, box), (one, box[:-1] + bytes([box[-1] ^ 1])), (one, b"")):
        with pytest.raises(ValueError, match="box"):
            sealer.open(key, spoilt)


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    """File and folder."""
    folder = tmp_path / "keys"
    FileSealer(folder).new_key()
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_path_can_be_built_from_a_key(tmp_path: Path) -> None:
    """Only hex is a key."""
    with pytest.raises(ValueError, match="fromhex"):
        FileSealer(tmp_path / "keys").destroy("../x")
