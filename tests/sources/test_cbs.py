from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import shapely

from pipelines.contracts import conform, violations
from pipelines.errors import SourceError
from pipelines.sources.area_file import SHIPPED, read_area_file
from pipelines.sources.cbs import Statistics, numbers, read_municipality, read_statistics, square_centres
from pipelines.sources.cbs_dialects import dialects
from pipelines.sources.contracts import AREAS, PEOPLE_COUNTS, SQUARES
from pipelines.sources.delivery import Delivery


@pytest.fixture(scope="module")
def groningen(realdata: Path) -> Statistics:
    area = read_area_file(SHIPPED / "groningen-2017.yaml")
    return read_statistics(area, realdata, read_municipality(area, realdata))


def _persons(statistics: Statistics, unit_type: str, group: str) -> pa.ChunkedArray:
    counts = statistics.people_counts
    chosen = pc.and_(pc.equal(counts["unit_type"], unit_type), pc.equal(counts["population_group"], group))
    return counts.filter(chosen)["persons"]


@pytest.mark.realdata
def test_groningen_has_the_areas_that_its_files_hold(groningen: Statistics):
    counted = {
        row["area_type"]: row["area_code_count"]
        for row in groningen.areas.group_by("area_type").aggregate([("area_code", "count")]).to_pylist()
    }
    assert counted == {"buurt": 108, "wijk": 15, "gemeente": 1, "pc4": 34, "pc6": 5_434}


@pytest.mark.realdata
def test_groningen_has_the_people_that_cbs_counts(groningen: Statistics):
    assert pc.sum(_persons(groningen, "buurt", "all")).as_py() == 202_515
    assert pc.sum(_persons(groningen, "wijk", "all")).as_py() == 202_620
    assert len(groningen.squares) == 3_441
    assert pc.sum(_persons(groningen, "square", "all")).as_py() == 198_370


@pytest.mark.realdata
def test_zeros_in_the_ages_of_an_inhabited_square_are_hidden_people(groningen: Statistics):
    everybody, old = _persons(groningen, "square", "all"), _persons(groningen, "square", "65plus")
    inhabited = pc.greater(pc.fill_null(everybody, 0), 0)
    assert pc.sum(pc.and_(inhabited, pc.is_null(old))).as_py() == 197
    assert everybody.null_count == 221
    bands = [
        pc.sum(_persons(groningen, "square", band)).as_py() for band in ("0_14", "15_24", "25_44", "45_64", "65plus")
    ]
    assert sum(bands) == 196_730


@pytest.mark.realdata
def test_what_is_read_keeps_the_contracts(groningen: Statistics):
    for table, contract in (
        (groningen.areas, AREAS),
        (groningen.people_counts, PEOPLE_COUNTS),
        (groningen.squares, SQUARES),
    ):
        assert violations(conform(table, contract), contract) == ()


@pytest.mark.realdata
def test_the_gemeente_is_dissolved_from_its_buurten(groningen: Statistics):
    def united(area_type: str) -> shapely.Geometry:
        chosen = groningen.areas.filter(pc.equal(groningen.areas["area_type"], area_type))
        return shapely.union_all(shapely.from_wkb(chosen["geometry"].to_pylist()))

    assert united("gemeente").symmetric_difference(united("buurt")).area < 1


@pytest.mark.realdata
def test_the_five_invalid_postcodes_are_repaired_and_listed(groningen: Statistics):
    (repaired,) = [remark for remark in groningen.remarks if remark.action == "repaired"]
    assert (repaired.source, repaired.rows) == ("groningen/postcode6.zip", 5)


@pytest.mark.realdata
def test_another_gemeente_than_delivered_is_refused_by_name(realdata: Path):
    area = read_area_file(SHIPPED / "groningen-2017.yaml").model_copy(update={"gemeenten": ("GM0363",)})
    with pytest.raises(SourceError, match=r"holds no area of \['GM0363'\].*GM0014"):
        read_municipality(area, realdata)


def test_mask_codes_words_and_blanks_are_no_numbers():
    values = np.array(["12", -99997, "geheim", None, "3,5", "-99999", 0, ""], dtype=object)
    found = numbers(values)
    assert np.array_equal(found, [12, np.nan, np.nan, np.nan, 3.5, np.nan, 0, np.nan], equal_nan=True)


def test_a_square_is_named_after_its_lower_left_corner():
    x_m, y_m = square_centres(np.array(["E2334N5820"]), "a file")
    assert (x_m[0], y_m[0]) == (233_450.0, 582_050.0)


def test_a_code_that_is_no_corner_of_its_square_is_quoted():
    with pytest.raises(SourceError, match=r"1 codes are no CBS squares of 500 m.*'E2334N5820'"):
        square_centres(np.array(["E2330N5820", "E2334N5820"]), "a file", size_m=500)


def test_a_vintage_without_known_columns_is_refused():
    delivery = Delivery(path="a.gpkg", vintage=1995, licence="CC0-1.0", attribution="CBS")
    with pytest.raises(SourceError, match="no column names are known for squares of 1995"):
        dialects("squares", delivery)


def test_columns_that_carry_the_year_follow_the_vintage():
    delivery = Delivery(path="a.zip", vintage=2012, licence="CC0-1.0", attribution="CBS")
    (dialect,) = dialects("squares", delivery)
    assert dialect.columns["inhabitants"] == ("INW2012",)
