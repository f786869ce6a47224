"""Invented double hierarchies: PC6 within PC4, buurt within wijk within gemeente, neither tree within the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from pipelines.people.contracts import PERSONS
from pipelines.protection.parts import Parts
from pipelines.protection.population import RoundedGroup, Rounding, counts_table, round_population
from pipelines.protection.public import Units

GROUPS = {"all": 1.0, "65plus": 0.2, "75plus": 0.09, "80plus": 0.05, "0_4": 0.05, "hh_single": 0.3}


@dataclass(frozen=True)
class Town:
    """Parts of an invented town and the people in them; as many atoms as parts."""

    parts: Parts
    persons: pa.Table

    def rounding(
        self,
        key: bytes = b"k" * 32,
        earlier: Sequence[pa.Table] = (),
        public_units: Callable[[str], Sequence[Units]] = lambda _: (),
    ) -> Rounding:
        return Rounding(self.parts, self.persons, public_units, key, earlier)

    def counts(self, **asked: object) -> pa.Table:
        return counts_table(self.parts, self.rounded(**asked), "2024")

    def rounded(self, **asked: object) -> tuple[RoundedGroup, ...]:
        return round_population(self.rounding(**asked))


def make_town(seed: int, n: int = 60, mean: float = 4.0, *, whole: bool = True) -> Town:
    """A town of so many parts; people are whole numbers, and groups lie within groups."""
    random = np.random.default_rng(seed)
    order = np.sort(random.random(n))
    pc6 = (order * n / 3).astype(int)
    buurt = np.clip((order + random.normal(0, 0.04, n)) * 8, 0, 7).astype(int)
    codes = {
        "pc6": pc6.astype(str), "pc4": (pc6 // 6).astype(str), "h3": random.integers(0, n // 2, n).astype(str),
        "buurt": buurt.astype(str), "wijk": (buurt // 3).astype(str), "gemeente": np.full(n, "GM1"),
    }  # fmt: skip
    parts = Parts(
        codes={kind: np.array([f"{kind}{code}" for code in some], dtype=object) for kind, some in codes.items()},
        profiles=("rollator",),
        # Homes on no street (3) are few, and left out here.
        levels=np.array([0, 1, 2, 4, 5], dtype=np.int8)[random.integers(0, 5, (n, 1))],
        names=tuple(f"part {number}" for number in range(n)),
        atom_id=np.arange(n),
        part=np.arange(n),
        prior=np.ones(n),
    )
    return Town(parts, _people(random, n, mean, whole=whole))


def _people(random: np.random.Generator, n: int, mean: float, *, whole: bool) -> pa.Table:
    everybody = random.gamma(1.0, mean, n)
    everybody = np.round(everybody) if whole else everybody
    numbers = {"all": everybody}
    for group, share in GROUPS.items():
        if group != "all":
            holder = {"75plus": "65plus", "80plus": "75plus"}.get(group, "all")
            relative = share / GROUPS[holder]
            within = numbers[holder]
            numbers[group] = random.binomial(within.astype(int), relative).astype(float) if whole else within * relative
    tables = [
        pa.table([np.arange(n), np.arange(n), [group] * n, some, [None] * n, [""] * n, [""] * n], schema=PERSONS.schema)
        for group, some in numbers.items()
    ]
    return pa.concat_tables(tables)


@pytest.fixture(scope="session")
def town() -> Callable[..., Town]:
    """Makes an invented town from a seed."""
    return make_town
