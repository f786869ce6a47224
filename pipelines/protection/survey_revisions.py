"""How often what is told of a wave was corrected: this release held against those before, for its quality report."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.protection.contracts import SURVEY_QUALITY

_KEY = ("area_type", "area_code", "question", "category")
Figures = dict[tuple[str, ...], tuple[float, float]]


def with_revisions(quality: pa.Table, told: pa.Table, earlier: Sequence[pa.Table]) -> pa.Table:
    """Add to how good each wave is how many versions of it went out before, and which part of its figures moved since.

    Parameters
    ----------
    quality
        `out/survey_quality`, without revisions.
    told, earlier
        `protection/survey_told` of this release, and of every release before that told something else, oldest first.

    Returns
    -------
    pyarrow.Table
        Rows added per wave: `versions_before`, and `share_moved` since the last of these (in [0, 1], of figures that
        both told), which is left out where there was none before.
    """
    rows = [
        {"wave": wave, "subject": "revision", "name": "", "mode": "", "word": "", "n_class": "", **row}
        for wave in sorted(set(quality["wave"].to_pylist()))
        for row in _of_wave(_figures(told, wave), [_figures(table, wave) for table in earlier])
    ]
    return pa.concat_tables([quality, pa.Table.from_pylist(rows, schema=SURVEY_QUALITY.schema)])


def _of_wave(now: Figures, earlier: Sequence[Figures]) -> Iterator[dict[str, object]]:
    moved = [share for share in (_moved(now, then) for then in earlier) if share]
    yield {"statistic": "versions_before", "value": float(len(moved))}
    if moved:
        yield {"statistic": "share_moved", "value": round(moved[-1], 2)}


def _moved(now: Figures, then: Figures) -> float:
    """Which part of the figures that both tell differs; a figure that is told anew is no correction."""
    both = now.keys() & then.keys()
    return sum(now[key] != then[key] for key in both) / len(both) if both else 0.0


def _figures(table: pa.Table, wave: int) -> Figures:
    """Of every figure that was told how many answered, and how many of them so."""
    rows = table.filter(pc.field("wave") == wave).to_pylist()
    return {tuple(row[name] for name in _KEY): (row["respondents"], row["chosen"]) for row in rows}
