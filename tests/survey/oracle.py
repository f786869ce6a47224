"""Reference values that other programs computed, as `tests/oracles` stores them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.arrays import Floats, Ints

_FOLDER = Path(__file__).parents[1] / "oracles"


def oracle(name: str) -> dict[str, Any]:
    """Give the stored values: lists of numbers as arrays (null as NaN), the rest as it stands."""
    return {key: _arrays(value) for key, value in json.loads((_FOLDER / f"{name}.json").read_text()).items()}


def _arrays(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _arrays(one) for key, one in value.items()}
    if isinstance(value, list) and not any(isinstance(one, str) for one in value):
        return np.array([np.nan if one is None else one for one in value], dtype=np.float64)
    return value


def numbered(values: Floats) -> Ints:
    """Give numbers from 0 to what the oracle numbers from 1."""
    return values.astype(np.int64) - 1
