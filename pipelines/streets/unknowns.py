"""What is guessed of a street where nothing is known of it, from `unknowns.yaml`, each guess with source and certainty.

Here stands what a guess is; what it means for a stretch of street is worked out in `tolls`.
"""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml
from pydantic import Field, ValidationError

from pipelines.arrays import Floats, Ints
from pipelines.errors import InputError
from pipelines.streets.profiles import Certainty, Frozen

SHIPPED_UNKNOWNS = Path(__file__).parent / "unknowns.yaml"
Bound = Literal["optimistic", "central", "pessimistic"]
BOUNDS: tuple[Bound, ...] = ("optimistic", "central", "pessimistic")


class Guess(Frozen):
    """What every guess carries: where it comes from and how sure we are of it (`assumed`: our own choice)."""

    source: str
    certainty: Certainty


class WordGuess(Guess):
    """A word by highway type, or `otherwise`."""

    by: dict[str, str]
    otherwise: str

    def of(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Give the word that is guessed for each text of a column; shape (n,)."""
        words = np.array([self.by.get(text, self.otherwise) for text in self.by] + [self.otherwise], dtype=np.object_)
        return pa.chunked_array([pa.array(words[_positions(column, self.by)], pa.string())])


class NumberGuess(Guess):
    """A number, 0 or more, by highway type, or `otherwise`."""

    by: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    otherwise: Annotated[float, Field(ge=0, allow_inf_nan=False)]

    def of(self, column: pa.ChunkedArray) -> Floats:
        """Give the number that is guessed for each text of a column; shape (n,)."""
        return np.array([*self.by.values(), self.otherwise], dtype=np.float64)[_positions(column, self.by)]


class Unknowns(Frozen):
    """Every guess: words of OSM, metres, percent, km/h and steps; and which barriers may be locked."""

    surface: WordGuess
    track_surface: WordGuess
    width_m: NumberGuess
    incline_pct: NumberGuess
    sidewalk: WordGuess
    maxspeed_kmh: NumberGuess
    crossing: WordGuess
    kerb_m: NumberGuess
    step_count: NumberGuess
    may_be_locked: tuple[str, ...]


def _positions(column: pa.ChunkedArray, names: dict[str, object] | dict[str, str] | dict[str, float]) -> Ints:
    found = pc.index_in(column, value_set=pa.array(list(names), pa.string()))
    positions: Ints = pc.fill_null(found, len(names)).to_numpy().astype(np.int64)
    return positions


def read_unknowns(path: Path = SHIPPED_UNKNOWNS) -> Unknowns:
    """Read the guesses of one file.

    Raises
    ------
    InputError
        When the file cannot be read, is no YAML, or breaks a rule; every problem is listed with its place.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Unknowns.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path.name}: cannot be read as a YAML file of guesses ({reason}). Mend it.") from error
    except ValidationError as error:
        sentences = (f"{path.name}: {'.'.join(map(str, p['loc']))}: {p['msg']}. Correct it." for p in error.errors())
        raise InputError("\n".join(sentences)) from error
