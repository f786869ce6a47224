"""Texts in the tables of deliveries: cut and cleaned by the rules of `texts.py`, and told how many.

The readers that give what is published (areas, places, what residents said) pass their tables through here.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipelines.sources.remarks import Remark
from pipelines.sources.texts import cut, plain


def readable(
    table: pa.Table, longest: Mapping[str, int], sources: Sequence[str]
) -> tuple[pa.Table, tuple[Remark, ...]]:
    """The table with some columns cut and cleaned, and how many rows of each source that changed.

    Parameters
    ----------
    table
        Any table; n rows.
    longest
        The most characters of a text, by column.
    sources
        What each row was delivered in; n names.
    """
    remarks: list[Remark] = []
    for column, most in longest.items():
        texts, word = table[column].to_pylist(), column.removeprefix("area_").replace("_", " ")
        cleaned = [None if text is None else plain(text) for text in texts]
        shown = [None if text is None else cut(text, most) for text in cleaned]
        unseen = [source for source, was, now in zip(sources, texts, cleaned, strict=True) if was != now]
        longer = [source for source, was, now in zip(sources, cleaned, shown, strict=True) if was != now]
        remarks += _remarks(
            unseen, f"{word} with characters that cannot be seen, turn the text around or pile up; taken out"
        )
        remarks += _remarks(longer, f"{word} of more than {most:,} characters; cut off there")
        if unseen or longer:
            place = table.schema.get_field_index(column)
            table = table.set_column(place, table.schema.field(place), pa.array(shown, pa.string()))
    return table, tuple(remarks)


def _remarks(sources: Sequence[str], problem: str) -> list[Remark]:
    return [Remark(source, problem, "mended", sources.count(source)) for source in dict.fromkeys(sources)]
