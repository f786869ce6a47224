"""What protection keeps to itself: the key, and what every release has told of people, by which a rerun tells the same.

The key is one file for all areas, outside the repository and every release; what was told lies in `data/private`.
"""

import os
import secrets
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.bench import Bench
from pipelines.errors import InputError
from pipelines.protection.chance import KEY_BYTES, fingerprint
from pipelines.protection.contracts import COUNTS
from pipelines.protection.population import Secret
from pipelines.warehouse import read_parquet, replacing

_KEY = b"key"


def known_secret(bench: Bench) -> Secret:
    """The key, made when there is none and nothing was told yet, and what earlier releases told, oldest first.

    Raises
    ------
    InputError
        When the key is no key, or not the one that the last release was rounded with.
    """
    path, told = bench.folders.key, _told_paths(bench)
    if not path.exists() and not told:
        _make_key(path)
    key = _read_key(path, bench)
    last = pq.read_schema(told[-1]).metadata.get(_KEY, b"").decode() if told else fingerprint(key)
    if last != fingerprint(key):
        raise InputError(
            f"{path}: is not the key that release {told[-1].stem} of {bench.area.name} was rounded with. {_mend(bench)}"
        )
    return Secret(key, tuple((one.stem, read_parquet(one, schema=COUNTS.schema)) for one in told))


def keep_told(bench: Bench, counts: pa.Table) -> None:
    """Keep what this run is about to tell of people (`protection/counts`); before it is published, lest it be lost.

    A run that tells the same as the last, or fails later on, does no harm by it.
    """
    told, folder = _told_paths(bench), _told_folder(bench)
    if told and read_parquet(told[-1], schema=COUNTS.schema).equals(counts):
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    marked = counts.replace_schema_metadata({_KEY: fingerprint(_read_key(bench.folders.key, bench)).encode()})
    with replacing(folder / f"{bench.release}.parquet", mode=0o600) as temporary:
        pq.write_table(marked, temporary, compression="zstd")


def _told_folder(bench: Bench) -> Path:
    return bench.warehouse.path(COUNTS).parent / "told"


def _told_paths(bench: Bench) -> list[Path]:
    """What was told, oldest first: names sort by time."""
    return sorted(path for path in _told_folder(bench).glob("*.parquet") if not path.name.startswith("."))


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, mode=0o600) as temporary:
        temporary.write_text(secrets.token_hex(KEY_BYTES) + "\n", encoding="ascii")


def _read_key(path: Path, bench: Bench) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError as error:
        raise InputError(f"{path}: the key that people are rounded with is gone. {_mend(bench)}") from error
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else "it is not written in hexadecimal"
        raise InputError(f"{path}: cannot be read as a key ({reason}). {_mend(bench)}") from error
    if len(key) != KEY_BYTES:
        raise InputError(f"{path}: holds {len(key)} bytes, and a key has {KEY_BYTES}. {_mend(bench)}")
    return key


def _mend(bench: Bench) -> str:
    return (
        "Put it back from your backup: with another key the same people would be rounded anew, and who lays both "
        f"releases side by side knows more of them. If it is lost, withdraw the releases of {bench.area.name}, "
        f"then remove {os.path.relpath(_told_folder(bench), bench.folders.data)} and the key from the data folder."
    )
