"""What stands on a way or lies in it and whom it stops, from `hindrances.yaml`, each kind with source and certainty.

Here stands what a hindrance is; what it means for a stretch of street is worked out in `rights`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from pydantic import ValidationError, model_validator

from pipelines.arrays import Flags
from pipelines.errors import InputError
from pipelines.streets.profiles import Frozen
from pipelines.streets.unknowns import BOUNDS, Bound, Guess

SHIPPED_HINDRANCES = Path(__file__).parent / "hindrances.yaml"
# The first bound, from the kindest to the hardest, in which something shuts.
ShutsFrom = Literal["optimistic", "central", "pessimistic", "never"]
_LEVELS: tuple[ShutsFrom, ...] = (*BOUNDS, "never")


class Hindrance(Guess):
    """Kinds of barrier, or of footing, that stop the same people."""

    kinds: tuple[str, ...]
    walkers: ShutsFrom = "never"
    wheels: ShutsFrom = "never"
    has_gap: bool = False


class Signs(Guess):
    """What the words of `wheelchair` and `stroller` shut, and which of them open what else would be shut."""

    own: Mapping[str, ShutsFrom]
    other: Mapping[str, ShutsFrom]
    opens: tuple[str, ...]


class Hindrances(Frozen):
    """Every hindrance, and the signs."""

    hindrances: tuple[Hindrance, ...]
    signs: Signs

    @model_validator(mode="after")
    def _once_each(self) -> "Hindrances":
        kinds = [kind for one in self.hindrances for kind in one.kinds]
        twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: named twice; name each kind once")
        return self

    def shut(self, column: pa.ChunkedArray, whom: Literal["walkers", "wheels"], bound: Bound) -> Flags:
        """Tell where the kind in a column shuts in a bound, for walkers or for wheels; shape (n,)."""
        kinds = [kind for one in self.hindrances for kind in one.kinds if is_shut(getattr(one, whom), bound)]
        mask: Flags = pc.is_in(column, pa.array(kinds, pa.string())).to_numpy()
        return mask

    def has_gap(self, column: pa.ChunkedArray) -> Flags:
        """Tell where the kind in a column is passed through a gap, as one that is not named is; shape (n,)."""
        without = [kind for one in self.hindrances for kind in one.kinds if not one.has_gap]
        mask: Flags = pc.invert(pc.is_in(column, pa.array(["", *without]))).to_numpy()
        return mask


def is_shut(shuts_from: ShutsFrom, bound: Bound) -> bool:
    """Tell whether what shuts from one bound on is shut in another."""
    return _LEVELS.index(bound) >= _LEVELS.index(shuts_from)


def read_hindrances(path: Path = SHIPPED_HINDRANCES) -> Hindrances:
    """Read the hindrances of one file.

    Raises
    ------
    InputError
        When the file cannot be read, is no YAML, or breaks a rule; every problem is listed with its place.
    """
    try:
        return Hindrances.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path.name}: cannot be read as a YAML file of hindrances ({reason}). Mend it.") from error
    except ValidationError as error:
        sentences = (f"{path.name}: {'.'.join(map(str, p['loc']))}: {p['msg']}. Correct it." for p in error.errors())
        raise InputError("\n".join(sentences)) from error


@cache
def shipped_hindrances() -> Hindrances:
    """The shipped file, read once."""
    return read_hindrances()
