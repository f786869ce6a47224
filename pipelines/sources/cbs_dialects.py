"""Which column of a CBS delivery holds what, by product and vintage, and how sure we are of it (`cbs_columns.yaml`).

Here names are known; they are looked for in a layer by `cbs_reading.py`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import SourceError
from pipelines.sources.cbs_counts import Mask
from pipelines.sources.delivery import Delivery, Measure

_AGE = re.compile(r"[0-9]+(?:_[0-9]+|plus)")
_COLUMNS = Path(__file__).parent / "cbs_columns.yaml"


@dataclass(frozen=True)
class Dialect:
    """The column names of one product in one form and vintage, and how sure we are of them.

    `columns` maps a key (code, inhabitants, 65plus) to the names it may have; `households` a group of households to
    the columns that add up to it.
    """

    product: str
    vintage: int
    form: str
    status: str
    evidence: str
    columns: Mapping[str, tuple[str, ...]]
    households: Mapping[str, tuple[str, ...]]
    masks: Mapping[str, Mask]
    ages_in: Measure = "count"
    households_in: Measure = "count"

    @property
    def ages(self) -> tuple[str, ...]:
        """Keys of the age bands, youngest first."""
        return tuple(key for key in self.columns if is_age(key))

    def knows(self, key: str, name: str) -> bool:
        """Whether a column of this name holds `key` in this form."""
        names = self.columns.get(key, ()) + self.households.get(key, ())
        return folded(name) in {folded(other) for other in names}


def folded(name: str) -> str:
    """The name of a column without capitals and underscores, in which the forms of a product differ."""
    return name.replace("_", "").lower()


def is_age(key: str) -> bool:
    """Whether a key or population group is an age band, such as 0_14 or 65plus."""
    return bool(_AGE.fullmatch(key))


def dialects(product: str, delivery: Delivery) -> tuple[Dialect, ...]:
    """Every form in which CBS made a product in the vintage of a delivery.

    Raises
    ------
    SourceError
        When none of that vintage is known.
    """
    known = _products()[product]
    year = delivery.vintage
    found = tuple(
        _dialect(product, known, form, year) for form in known["forms"] if form["years"][0] <= year <= form["years"][1]
    )
    if not found:
        raise SourceError(
            f"{delivery.path}: no column names are known for {product} of {year}; known are "
            f"{[tuple(form['years']) for form in known['forms']]}. Correct `vintage` in the area file."
        )
    return found


@cache
def _products() -> Mapping[str, Any]:
    return dict(yaml.safe_load(_COLUMNS.read_text(encoding="utf-8")))


def mapping_of(product: str, vintage: int) -> Mapping[str, str]:
    """How sure we are of the column names of a product in a vintage: `status` and `evidence`, in words."""
    unknown = {"status": "assumed", "evidence": "the names of other years"}
    return dict(_products()[product]["vintages"].get(vintage, unknown))


def _dialect(product: str, known: Mapping[str, Any], form: Mapping[str, Any], year: int) -> Dialect:
    def names(given: str | Sequence[str]) -> tuple[str, ...]:
        listed = [given] if isinstance(given, str) else given
        return tuple(name.replace("{vintage}", str(year)) for name in listed)

    return Dialect(
        product=product,
        vintage=year,
        form=form["form"],
        **mapping_of(product, year),
        columns={key: names(given) for key, given in form["columns"].items()},
        households={key: names(given) for key, given in form.get("households", {}).items()},
        masks={code: Mask(**mask) for code, mask in known["masks"].items()},
        ages_in=form.get("ages_in", "count"),
        households_in=form.get("households_in", "count"),
    )
