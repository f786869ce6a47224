"""What is known of a respondent beside the answers: where, drawn how, answered how, and what weights are raked by.

Here the cells of one column become facts. An error names file, column and count, never a respondent or a cell; what is
read from a column is bounded, so that a column of remarks named by mistake is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import SourceError
from pipelines.sources.code_columns import CodeColumn
from pipelines.sources.codes import BUURT, POSTCODE, CodeKind
from pipelines.sources.contracts import MOST_PEOPLE
from pipelines.sources.number_style import Style, read_numbers
from pipelines.sources.remarks import Remark
from pipelines.sources.texts import wrong_with

_OLDEST = 120
_MOST_CATEGORIES, _LONGEST_CATEGORY = 30, 40


@dataclass(frozen=True)
class FactColumn:
    """One column of a respondent file: its texts, and what an error calls it."""

    texts: pa.ChunkedArray
    column: str
    path: str

    @property
    def where(self) -> str:
        """File and column, for an error."""
        return f"{self.path}: column {self.column!r}"


def respondent_ids(found: FactColumn) -> pa.ChunkedArray:
    """Give the numbers of the respondents: all filled in, none twice."""
    absent = _count(pc.equal(found.texts, ""))
    if absent:
        raise SourceError(f"{found.where} is empty in {absent} rows. Give every respondent a number.")
    _require_apart(found, found.texts, "Remove the double rows, or name the column that tells respondents apart.")
    return found.texts


def panel_ids(found: FactColumn) -> pa.ChunkedArray:
    """Give the numbers of a panel: '' where a respondent is in none, and no other number twice."""
    _require_apart(
        found, found.texts.filter(pc.not_equal(found.texts, "")), "In one wave a member of the panel answers once."
    )
    return found.texts


def _require_apart(found: FactColumn, texts: pa.ChunkedArray, mend: str) -> None:
    repeated = len(texts) - pc.count_distinct(texts).as_py()
    if repeated:
        raise SourceError(
            f"{found.where} repeats: {repeated} of {len(texts)} rows have the number of an earlier one. {mend}"
        )


def buurt_codes(found: FactColumn) -> pa.ChunkedArray:
    """Give the codes of the buurten; '' where the buurt is unknown."""
    return pa.chunked_array([_codes(found, BUURT).required(may_be_empty=True).tolist()], pa.string())


def postcodes(found: FactColumn) -> pa.ChunkedArray:
    """Give the four digits of PC4 or PC6 postcodes; '' where the postcode is unknown."""
    codes = _codes(found, POSTCODE).required(may_be_empty=True)
    return pa.chunked_array([[code[:4] for code in codes]], pa.string())


def _codes(found: FactColumn, kind: CodeKind) -> CodeColumn:
    return CodeColumn(np.array(found.texts.to_pylist(), dtype=object), found.path, found.column, kind, is_personal=True)


def mended_codes(found: Mapping[str, FactColumn]) -> tuple[Remark, ...]:
    """Count the codes of buurten and postcodes that were written in another form."""
    kinds = {"buurt": BUURT, "postcode": POSTCODE}
    return tuple(
        remark for role, kind in kinds.items() if role in found for remark in _codes(found[role], kind).remarks()
    )


def weights(found: FactColumn, style: Style | None) -> pa.Array:
    """Give the weights: numbers of nought or more, of which one at least is more."""
    numbers = read_numbers(found.texts, found.where, style)
    absent, negative = numbers.null_count, _count(pc.less(numbers, 0.0))
    if absent or negative:
        raise SourceError(
            f"{found.where} is no number in {absent} rows and negative in {negative}. "
            "Give every respondent a survey weight of 0 or more; without weights, fill in 1 for each."
        )
    if (most := _count(pc.greater(numbers, MOST_PEOPLE))) > 0:
        raise SourceError(
            f"{found.where} is over {MOST_PEOPLE:,} in {most} rows. A weight says how many people a respondent stands "
            "for, at most those of the country: correct it."
        )
    if not pc.max(numbers).as_py() > 0:
        raise SourceError(f"{found.where} is 0 for everyone. Fill in the survey weights.")
    return numbers


def ages(found: FactColumn) -> pa.Array:
    """Give ages in whole years; null where unknown, or such as nobody has."""
    numbers = read_numbers(found.texts, found.where)
    possible = pc.and_(
        pc.and_(pc.greater_equal(numbers, 0), pc.less_equal(numbers, _OLDEST)), pc.equal(numbers, pc.floor(numbers))
    )
    return pc.if_else(pc.fill_null(possible, fill_value=False), numbers, None).cast(pa.int64())


def strange_ages(found: FactColumn | None) -> Iterator[Remark]:
    """Count the ages that nobody has."""
    if found is None:
        return
    known = _count(pc.is_valid(ages(found)))
    count = len(found.texts) - _count(pc.equal(found.texts, "")) - known
    if count:
        problem = f"age that is no whole number from 0 to {_OLDEST}; unknown in the weighting"
        yield Remark(found.path, problem, "set_aside", count)


def categories(found: FactColumn) -> pa.ChunkedArray:
    """Give the words of a column of few categories; '' where unknown."""
    words = pc.unique(found.texts)
    longest = pc.max(pc.utf8_length(words)).as_py() or 0
    if len(words) > _MOST_CATEGORIES or longest > _LONGEST_CATEGORY:
        raise SourceError(
            f"{found.where} holds {len(words)} different values, of up to {longest} characters. A category is one of "
            f"at most {_MOST_CATEGORIES} words of at most {_LONGEST_CATEGORY} characters: is this the right column?"
        )
    unseen = sum(bool(wrong_with(word or "", _LONGEST_CATEGORY)) for word in words.to_pylist())
    if unseen:
        raise SourceError(
            f"{found.where} holds {unseen} values with characters that cannot be seen or turn other text around. Type "
            "them again."
        )
    return found.texts


def words(found: FactColumn) -> pa.ChunkedArray:
    """Give names as they stand, such as those of strata and clusters."""
    return found.texts


def strata(found: FactColumn, known: pa.ChunkedArray, frame: str) -> pa.ChunkedArray:
    """Give the stratum each was drawn from: one of those the frame tells."""
    strange = len(found.texts) - _count(pc.is_in(found.texts, known.combine_chunks()))
    if strange:
        raise SourceError(
            f"{found.where} holds {strange} values that are no stratum of {frame}. Give every respondent the stratum "
            "they were drawn from, or add its line there."
        )
    return found.texts


def homeless(buurten: pa.ChunkedArray, path: str) -> Iterator[Remark]:
    """Count the respondents whose buurt is not known."""
    count = _count(pc.equal(buurten, ""))
    if count:
        yield Remark(path, "respondent without a buurt; kept in the sample, in no area", "set_aside", count)


def of_one(value: object, count: int, kind: pa.DataType) -> pa.Array:
    """Give a column that says the same of everybody."""
    return pa.array(np.full(count, value).tolist() if value is not None else [None] * count, kind)


def _count(mask: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)
