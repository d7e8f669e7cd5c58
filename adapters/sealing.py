"""Seal answers while a wave is open: X25519, HKDF-SHA-256 and ChaCha20-Poly1305.

Each box has a one-time key pair of its own, so equal answers look different, and one fixed
length, so that a box does not tell a score from a comment. Private keys are files of their own,
outside the database and its backups; destroying a file makes the wave's boxes unreadable for
ever. Sources: RFC 7748, RFC 5869, RFC 8439.
"""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LONGEST = 2000
_PADDED = LONGEST + 2
_KEY = 32
_NONCE = bytes(12)  # each box has a fresh key, so one nonce is never used twice with it


class FileSealer:
    """Keep private keys as files in one folder, readable by the owner alone."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``; it is made when the first key is."""
        self._folder = folder

    def new_key(self) -> str:
        """Make a key pair, keep the private half, return the public half in hex."""
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw().hex()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path(public), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(private.private_bytes_raw())
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # the file's name must outlive a power cut too
        finally:
            os.close(folder)
        return public

    def seal(self, public_key: str, words: bytes) -> bytes:
        """Return a box of one fixed length; raise ValueError if ``words`` exceed 2,000 bytes."""
        if len(words) > LONGEST:
            msg = f"a box holds {LONGEST} bytes, not {len(words)}"
            raise ValueError(msg)
        padded = len(words).to_bytes(2, "big") + words + bytes(LONGEST - len(words))
        once = X25519PrivateKey.generate()
        theirs = bytes.fromhex(public_key)
        ours = once.public_key().public_bytes_raw()
        shared = once.exchange(X25519PublicKey.from_public_bytes(theirs))
        return ours + ChaCha20Poly1305(_derived(shared, ours, theirs)).encrypt(_NONCE, padded, None)

    def open(self, public_key: str, box: bytes) -> bytes:
        """Return the words.

        Raise KeyError if there is no private key here, ValueError if it does not open this box.
        """
        try:
            private = X25519PrivateKey.from_private_bytes(self._path(public_key).read_bytes())
        except FileNotFoundError:
            raise KeyError(public_key) from None
        ours, sealed = box[:_KEY], box[_KEY:]
        if len(ours) < _KEY:
            raise ValueError("a box begins with a public key")
        shared = private.exchange(X25519PublicKey.from_public_bytes(ours))
        cipher = ChaCha20Poly1305(_derived(shared, ours, bytes.fromhex(public_key)))
        try:
            padded = cipher.decrypt(_NONCE, sealed, None)
        except InvalidTag:
            raise ValueError("the key does not open this box") from None
        return padded[2 : 2 + int.from_bytes(padded[:2], "big")]

    def destroy(self, public_key: str) -> None:
        """Overwrite and remove the private key; doing so again changes nothing."""
        path = self._path(public_key)
        try:
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(_KEY))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            return

    def _path(self, public_key: str) -> Path:
        # Only ever a public key that this class made: hex, so no path can be built from it.
        return self._folder / f"{bytes.fromhex(public_key).hex()}.key"


def _derived(shared: bytes, ours: bytes, theirs: bytes) -> bytes:
    return HKDF(
        algorithm=SHA256(), length=_KEY, salt=ours + theirs, info=b"groundswell wave"
    ).derive(shared)
