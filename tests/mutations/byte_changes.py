"""What happens to a file on its way: cut short, garbled, emptied, or another file altogether."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

Rng = np.random.Generator
Change = Callable[[Rng, Path], Path]


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def cut_short(rng: Rng, path: Path) -> Path:
    content = path.read_bytes()
    return _written(path, content[: int(len(content) * rng.uniform(0.01, 0.99))])


def bits_flipped(rng: Rng, path: Path) -> Path:
    content = bytearray(path.read_bytes())
    for place in rng.integers(0, len(content), rng.integers(1, 30)).tolist():
        content[place] ^= 1 << int(rng.integers(8))
    return _written(path, bytes(content))


def block_zeroed(rng: Rng, path: Path) -> Path:
    content = bytearray(path.read_bytes())
    start = int(rng.integers(len(content)))
    end = min(len(content), start + int(rng.integers(16, 4_096)))
    content[start:end] = bytes(end - start)
    return _written(path, bytes(content))


def block_lost(rng: Rng, path: Path) -> Path:
    content = path.read_bytes()
    start = int(rng.integers(len(content)))
    return _written(path, content[:start] + content[start + int(rng.integers(1, 2_000)) :])


def emptied(_rng: Rng, path: Path) -> Path:
    return _written(path, b"")


def doubled(_rng: Rng, path: Path) -> Path:
    return _written(path, path.read_bytes() * 2)


def error_page(_rng: Rng, path: Path) -> Path:
    return _written(path, b"<!DOCTYPE html><html><title>404</title><body>Niet gevonden</body></html>")


def noise(rng: Rng, path: Path) -> Path:
    return _written(path, rng.bytes(int(rng.integers(1, 5_000))))


def noise_after_it(rng: Rng, path: Path) -> Path:
    return _written(path, path.read_bytes() + rng.bytes(int(rng.integers(1, 500))))


BYTES: Mapping[str, Change] = {
    change.__name__: change
    for change in (
        cut_short, bits_flipped, block_zeroed, block_lost, emptied, doubled, error_page, noise, noise_after_it,
    )
}  # fmt: skip
