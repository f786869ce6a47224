"""Find the columns of a CBS layer: those of its product and vintage, and those the area file names instead.

Here columns are found and told; what stands in them is read by `cbs_counts.py`.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np

from pipelines.arrays import PyObjects
from pipelines.errors import SourceError
from pipelines.sources.cbs_counts import Counts, counted
from pipelines.sources.cbs_dialects import Dialect, dialects, folded, is_age
from pipelines.sources.cbs_parts import Parts, read_parts, remarks_of, require_lived_in
from pipelines.sources.code_columns import CodeColumn
from pipelines.sources.codes import BUURT, GEMEENTE, PC4, PC6, SQUARE, WIJK, CodeKind
from pipelines.sources.contracts import HOUSEHOLD_GROUPS
from pipelines.sources.delivery import BorderDelivery, CountDelivery
from pipelines.sources.figures import FigureColumn
from pipelines.sources.remarks import Remark
from pipelines.sources.vector import Layer

_CODES: Mapping[str, CodeKind] = {
    "buurten": BUURT, "wijken": WIJK, "gemeenten": GEMEENTE, "pc4": PC4, "pc6": PC6, "code": SQUARE,
}  # fmt: skip
_CONSTANTS = {"gemeenten": "gemeente: GM0363", "water": "water: nee"}


@dataclass(frozen=True)
class Derivation:
    """How the cells (n,) of one key follow from those of another, and what is told of it."""

    key: str
    follow: Callable[[PyObjects], PyObjects]
    told: str


@dataclass(frozen=True)
class Reading:
    """A layer with the columns that are read from it: `names` by key, `households` by group."""

    layer: Layer
    delivery: CountDelivery
    dialect: Dialect
    names: Mapping[str, str]
    households: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    derived: tuple[Remark, ...] = ()

    @property
    def width(self) -> int:
        """How many columns are read."""
        return len(self.names) + len(self.households)

    def values(self, key: str) -> PyObjects:
        """The cells (n,) of one key; empty texts for a key that this form does not have."""
        if key not in self.names:
            return np.full(len(self.layer.geometry), "", dtype=object)
        return self.layer.column(self.names[key])

    def code_column(self, key: str) -> CodeColumn:
        """The cells of one key that holds codes, with the rule of their kind."""
        return CodeColumn(self.values(key), self.layer.source, self.names.get(key, key), _CODES[key])

    def own_codes(self, key: str) -> PyObjects:
        """The codes (n,) that name the rows, in full.

        Raises
        ------
        SourceError
            When the column holds others, with the name of a column that does hold such codes where there is one.
        """
        column = self.code_column(key)
        try:
            return column.required()
        except SourceError as error:
            fitting = [name for name, cells in self.layer.fields.items() if _holds_codes(cells, column)]
            if not fitting or not column.read().wrong.any():
                raise
            told = f"{error} Column {fitting[0]!r} holds such codes: name it as `columns: {{code: {fitting[0]}}}`"
            raise SourceError(f"{told} in the area file.") from error

    def figures(self, key: str) -> PyObjects:
        """Counts (n,) of one key: a number, None where a cell is empty, or the word or code that hides one."""
        return self._counts(self.names[key]).read()

    def _counts(self, name: str) -> FigureColumn:
        cells, masks = self.layer.column(name), self.dialect.masks
        return FigureColumn(cells, self.layer.source, name, masks, self.delivery.numbers, whole=True)

    def _figures(self, name: str, beside: FigureColumn) -> FigureColumn:
        """A column of counts or percentages, written as the counts `beside` it are where these show it."""
        return replace(beside, cells=self.layer.column(name), column=name, style=beside.proven(), whole=False)

    def groups(self) -> dict[str, Counts]:
        """Counts of inhabitants, by age band, and of households; empty where the layer carries no inhabitants."""
        if "inhabitants" not in self.names:
            return {}
        counts = {"all": self._ages.whole, **read_parts(self._ages)}
        if "households" not in self.households:
            return counts
        require_lived_in(self.layer.source, self._ages.whole, self._homes.whole)
        return {**counts, "households": self._homes.whole, **read_parts(self._homes)}

    @cached_property
    def _ages(self) -> Parts:
        names = {key: (name,) for key, name in self.names.items() if is_age(key)}
        return self._parts("ages_in", names, self.names["inhabitants"])

    @cached_property
    def _homes(self) -> Parts:
        names = {key: some for key, some in self.households.items() if key != "households"}
        return self._parts("households_in", names, self.households["households"][0])

    def _parts(
        self, option: Literal["ages_in", "households_in"], names: Mapping[str, tuple[str, ...]], whole: str
    ) -> Parts:
        said, counts = getattr(self.delivery, option), self._counts(whole)
        return Parts(
            source=self.layer.source,
            option=option,
            names=names,
            cells={key: tuple(self._figures(name, counts).read() for name in some) for key, some in names.items()},
            whole=counted(counts.read(), self.dialect.masks),
            masks=self.dialect.masks,
            usual=getattr(self.dialect, option),
            said=said,
            renamed=tuple(
                key for key, some in names.items() if not all(self.dialect.knows(key, name) for name in some)
            ),
        )

    def keep(self, layer: Layer) -> "Reading":
        """Give the same names over another selection of rows."""
        return replace(self, layer=layer)

    def remarks(self) -> tuple[Remark, ...]:
        """What the delivery holds that is not read, which groups of households it lacks, and which codes it mended."""
        used = {*self.names.values(), *(name for names in self.households.values() for name in names)}
        unused = sorted(set(self.layer.fields) - used)
        absent = sorted(set(self.dialect.households) - set(self.households))
        form = f"read as {self.dialect.form}"
        said = ((f"columns not used, {form}", unused), (f"groups of households not in it, {form}", absent))
        source = self.layer.source
        listed = (Remark(source, problem, "listed", len(names), ", ".join(names)) for problem, names in said if names)
        mended = (remark for key in self.names if key in _CODES for remark in self.code_column(key).remarks())
        return (*listed, *mended, *self.derived, *self._measured())

    def _measured(self) -> Iterator[Remark]:
        if "inhabitants" in self.names:
            yield from (*self._counts(self.names["inhabitants"]).remarks(), *remarks_of(self._ages))
        if "households" in self.households:
            yield from (*self._counts(self.households["households"][0]).remarks(), *remarks_of(self._homes))


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for: `keys` besides ages and households, and the area file's words for some (`aliases`).

    `optional` are keys that may be absent; `derived` says how one that is absent follows from the column of another.
    """

    product: str
    keys: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    derived: Mapping[str, Derivation] = field(default_factory=dict)

    def named(self, delivery: CountDelivery) -> dict[str, tuple[str, ...]]:
        """The columns that the area file names, by key.

        Raises
        ------
        SourceError
            When it names what a delivery of this product does not hold.
        """
        given = {**delivery.columns, **{key: constant_column(key) for key in constants_of(delivery)}}
        own: dict[str, tuple[str, ...]] = {self.aliases.get(key, key): (name,) for key, name in given.items()}
        strange = sorted(key for key in own if key not in {*self.keys, *HOUSEHOLD_GROUPS} and not is_age(key))
        if strange:
            plain = [key for key in self.keys if key not in self.aliases.values()]
            known = [*self.aliases, *plain, *HOUSEHOLD_GROUPS]
            raise SourceError(
                f"{delivery.path}: `columns` names {strange}, which {self.product} do not hold. Name "
                f"{list(dict.fromkeys(known))}, or an age band such as 65plus, in the area file."
            )
        return own


def read_as(layer: Layer, wanted: Wanted, delivery: CountDelivery) -> Reading:
    """Find the columns of a layer under the names of its product and vintage.

    Parameters
    ----------
    layer
        As read, its columns untouched.
    wanted
        The product, and what is read of it.
    delivery
        Its `vintage` decides on the names; its `columns` rename any. Where they rename the inhabitants the file has
        names of its own: ages are then read only where they are found.

    Raises
    ------
    SourceError
        When a column is missing or `columns` names a key that there is not.
    """
    layer = _with_constants(layer, delivery)
    candidates = [_found(layer, delivery, dialect, wanted) for dialect in dialects(wanted.product, delivery)]
    reading, missing = max(candidates, key=lambda found: (found[0].width, -len(found[1])))
    derived = {key: how for key, how in wanted.derived.items() if key in missing and how.key in reading.names}
    if absent := {key: names for key, names in missing.items() if key not in derived}:
        raise _missing(reading, absent)
    for key, how in derived.items():
        reading = _derived(reading, key, how)
    return reading


def _holds_codes(cells: PyObjects, like: CodeColumn) -> bool:
    """Whether every cell (n,) is a code of the same kind, with the letters in front that it has of old."""
    read = replace(like, cells=cells).read()
    return not (read.wrong.any() or (read.codes == "").any() or read.mended.any())


def constants_of(delivery: CountDelivery) -> Mapping[str, str]:
    """What the area file says in place of columns, by key."""
    given = delivery.constants if isinstance(delivery, BorderDelivery) else {}
    return {str(key): value for key, value in given.items()}


def constant_column(key: str) -> str:
    """What a column is called that the area file says instead."""
    return f"constants.{key}"


def _with_constants(layer: Layer, delivery: CountDelivery) -> Layer:
    for key, value in constants_of(delivery).items():
        layer = _with_column(layer, constant_column(key), partial(_constant, value))
    return layer


def _constant(value: str, fields: Mapping[str, PyObjects], rows: int) -> PyObjects:
    del fields
    return np.full(rows, value, dtype=object)


def _derived(reading: Reading, key: str, how: Derivation) -> Reading:
    name, source = f"{key} of {how.key}", reading.names[how.key]
    layer = _with_column(reading.layer, name, lambda fields, _: how.follow(fields[source]))
    remark = Remark(layer.source, how.told, "noted", len(layer.geometry))
    return replace(reading, layer=layer, names={**reading.names, key: name}, derived=(*reading.derived, remark))


def _with_column(layer: Layer, name: str, cells: Callable[[Mapping[str, PyObjects], int], PyObjects]) -> Layer:
    """Add a column, also to the rows that lie nowhere."""
    lost = layer.without_geometry
    missing = {name: cells(lost, len(next(iter(lost.values()), ())))} if lost else {}
    fields = {**layer.fields, name: cells(layer.fields, len(layer.geometry))}
    return replace(layer, fields=fields, without_geometry={**lost, **missing})


Found = tuple[Reading, dict[str, tuple[str, ...]]]


def _found(layer: Layer, delivery: CountDelivery, dialect: Dialect, wanted: Wanted) -> Found:
    """The columns of one form that the layer has, and those that it lacks."""
    own = wanted.named(delivery)
    alike = {folded(name): name for name in layer.fields}
    every = {**dialect.columns, **own}
    expected = {key: every[key] for key in every if key in wanted.keys or (is_age(key) and _counts(wanted))}
    names = {key: _first(layer, alike, some) for key, some in expected.items()}
    homes = {key: every.get(key, dialect.households.get(key, ())) for key in HOUSEHOLD_GROUPS if _counts(wanted)}
    found = {key: [_first(layer, alike, (name,)) for name in some] for key, some in homes.items()}
    households = {key: tuple(name for name in some if name) for key, some in found.items() if some and all(some)}
    may_lack = set(wanted.optional) - set(own)
    may_lack |= set(dialect.ages) - set(own) if "inhabitants" in own else set()
    missing = {key: some for key, some in expected.items() if not names[key] and key not in may_lack}
    missing |= {key: some for key, some in own.items() if key in homes and key not in households}
    return Reading(layer, delivery, dialect, {key: name for key, name in names.items() if name}, households), missing


def _counts(wanted: Wanted) -> bool:
    return "inhabitants" in wanted.keys


def _first(layer: Layer, alike: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The name of a column as the layer writes it: exactly, else but for capitals and underscores."""
    exact = [name for name in names if name in layer.fields]
    close = [alike[folded(name)] for name in names if folded(name) in alike]
    return next(iter(exact + close), None)


def _missing(reading: Reading, missing: Mapping[str, tuple[str, ...]]) -> SourceError:
    dialect, has = reading.dialect, sorted(reading.layer.fields)
    said = "; ".join(_words(key, names, has) for key, names in missing.items())
    return SourceError(
        f"{reading.layer.source}: {said}. These are the names in {dialect.product} of {dialect.vintage}, "
        f"{dialect.form} ({dialect.status}: {dialect.evidence}); the file has {has}. Correct `vintage` in the area "
        f"file, or name your own under `columns`, such as {{{next(iter(missing))}: ...}}.{_or_constants(missing)}"
    )


def _or_constants(missing: Mapping[str, object]) -> str:
    said = [words for key, words in _CONSTANTS.items() if key in missing]
    return (
        f" Of a layer that has no such column say it of all areas: `constants: {{{', '.join(said)}}}`." if said else ""
    )


def _words(key: str, names: Sequence[str], has: Sequence[str]) -> str:
    close = difflib.get_close_matches(names[0], has, n=1)
    return f"column {names[0]!r} is missing ({key}{f'; is it {close[0]!r}?' if close else ''})"
