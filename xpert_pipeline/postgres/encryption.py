"""Encrypts secrets before they are stored: AES-256-GCM, bound to the row that they belong to."""

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
    """The key is missing or malformed, or the secret was encrypted with another key; the message says what to do."""


def new_key() -> str:
    """Return a new key, in the form that `XPERT_ENCRYPTION_KEY` needs."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def read_key(text: str) -> bytes:
    """Return the key's bytes.

    Raises:
        EncryptionKeyWrong: It is not 32 bytes in base64; the message does not repeat it.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        msg = (
            "XPERT_ENCRYPTION_KEY is not 32 bytes in base64: set the key that was in use, "
            "or create a new one and add the sellers again"
        )
        raise EncryptionKeyWrong(msg)
    return key


def key_id(key: bytes) -> str:
    """Return a fingerprint: it differs for different keys and reveals nothing about them."""
    return hashlib.sha256(b"xpert key id" + key).hexdigest()[:12]


def encrypt(key: bytes, text: str, bound_to: str) -> bytes:
    """Return nonce and ciphertext; only `decrypt` with the same key and binding can read them."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text.encode(), bound_to.encode())


def decrypt(key: bytes, sealed: bytes, bound_to: str, sealed_with: str) -> str:
    """Return the text.

    Args:
        key: The key.
        sealed: The result of `encrypt`.
        bound_to: The binding given to `encrypt`.
        sealed_with: `key_id` of the key that encrypted it.

    Raises:
        EncryptionKeyWrong: Another key encrypted it, or it was moved or changed.
    """
    if key_id(key) != sealed_with:
        msg = (
            f"the refresh token was encrypted with key {sealed_with}, but XPERT_ENCRYPTION_KEY is {key_id(key)}: "
            "set the original key, or add the seller again with its refresh token"
        )
        raise EncryptionKeyWrong(msg)
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode()).decode()
    except (InvalidTag, ValueError) as error:
        msg = "the stored refresh token was changed or belongs to another seller: add the seller again"
        raise EncryptionKeyWrong(msg) from error
