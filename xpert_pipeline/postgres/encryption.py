"""Encrypts what must not lie in the database as it is: AES-256-GCM, bound to the row it belongs to."""

import base64
import binascii
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xpert_pipeline.postgres.errors import DatabaseError

KEY_BYTES = 32
NONCE_BYTES = 12


class EncryptionKeyWrong(DatabaseError):
    """The key is missing, malformed or not the one that encrypted; the message says what to do."""


def new_key() -> str:
    """A new key, as `XPERT_ENCRYPTION_KEY` wants it."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def read_key(text: str) -> bytes:
    """The key's bytes.

    Raises:
        EncryptionKeyWrong: It is not 32 bytes in base64; the message does not repeat it.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        msg = (
            "XPERT_ENCRYPTION_KEY is not 32 bytes in base64: give the key that was in use, "
            "or make one and add the sellers again"
        )
        raise EncryptionKeyWrong(msg)
    return key


def key_id(key: bytes) -> str:
    """A fingerprint that tells keys apart and gives nothing away."""
    return hashlib.sha256(b"xpert key id" + key).hexdigest()[:12]


def encrypt(key: bytes, text: str, bound_to: str) -> bytes:
    """Nonce and ciphertext of a text that only `decrypt` with the same key and binding opens."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), bound_to.encode())


def decrypt(key: bytes, sealed: bytes, bound_to: str, sealed_with: str) -> str:
    """The text.

    Args:
        key: The key at hand.
        sealed: What `encrypt` gave.
        bound_to: The same binding.
        sealed_with: `key_id` of the key that encrypted.

    Raises:
        EncryptionKeyWrong: Another key encrypted it, or it was moved or changed.
    """
    if key_id(key) != sealed_with:
        msg = (
            f"the refresh token was encrypted with key {sealed_with}, XPERT_ENCRYPTION_KEY is {key_id(key)}: "
            "set the former key, or add the seller again with its refresh token"
        )
        raise EncryptionKeyWrong(msg)
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode()).decode()
    except (InvalidTag, ValueError) as error:
        msg = "the stored refresh token was changed or belongs to another seller: add the seller again"
        raise EncryptionKeyWrong(msg) from error
