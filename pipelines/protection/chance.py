"""Chance that only the holder of a key can foresee, and that is the same each time it is asked for by the same name.

A key is 32 secret bytes, kept outside the repository and outside every release. Here numbers are drawn from it; where
it is kept, and that it is not lost, is for the caller.
"""

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np

from pipelines.arrays import Floats

KEY_BYTES = 32
_WORD_BYTES = 8


def uniform(key: bytes, names: Sequence[str]) -> Floats:
    """A number between 0 and 1 (exclusive) for each name, shape (n,); equal names get equal numbers."""
    words = b"".join(hashlib.blake2b(name.encode(), key=key, digest_size=_WORD_BYTES).digest() for name in names)
    numbers = np.frombuffer(words, dtype=">u8").astype(np.float64)
    return np.asarray((np.floor(numbers / 2**11) + 0.5) / 2**53, dtype=np.float64)


def fingerprint(key: bytes) -> str:
    """Sixteen hexadecimal characters by which a key is recognised, and from which it cannot be found."""
    return hmac.new(key, b"samenhang protection key", hashlib.sha256).hexdigest()[:16]
