"""What the method page lays side by side: other areas, other distances."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.pages.compared import sensitivity, spreads
from pipelines.pages.figures import PublishedTables


def test_the_least_the_middle_and_the_greatest_are_figures_of_the_table(tables: PublishedTables) -> None:
    found = {row.area_type: row for row in spreads(tables, ["rollator"])}
    told = tables.areas["buurt"]["dist_nearest_place_rollator"].drop_null()
    assert found["buurt"].areas == len(told)
    assert (found["buurt"].least, found["buurt"].greatest) == (pc.min(told).as_py(), pc.max(told).as_py())
    assert found["buurt"].middle in told.to_pylist()


def test_areas_without_a_figure_are_left_out(tables: PublishedTables) -> None:
    assert spreads(tables, ["skates"]) == ()


def test_other_distances_stand_in_order_of_metres_with_the_budgets_last(tables: PublishedTables) -> None:
    own = tables.indicators.filter(
        (pc.field("area_type") == "gemeente") & (pc.field("indicator") == "people_below_min")
        & (pc.field("population_group") == "all")
    )  # fmt: skip
    place = own.schema.get_field_index("threshold_m")
    other = [own.set_column(place, "threshold_m", pa.array([one] * len(own))) for one in ("greatest", "800", "300")]
    found = sensitivity(replace(tables, indicators=pa.concat_tables([tables.indicators, *other])), ["rollator"])
    assert found is not None
    assert found.thresholds == ("eigen bereik", "300 m", "800 m", "grootste bereik")
    assert [figure.value for _, figures in found.rows for figure in figures] == [own["value"][0].as_py()] * 4


def test_without_one_gemeente_nothing_is_told_of_other_distances(tables: PublishedTables) -> None:
    none = replace(tables, areas={**tables.areas, "gemeente": tables.areas["gemeente"].slice(0, 0)})
    assert sensitivity(none, ["rollator"]) is None
