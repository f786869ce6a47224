"""CBS figures, addresses and truths of the example town agree with each other, rounded and masked as CBS does."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.example.cbs_files import MASKED, masked, rounded
from pipelines.example.parcels import dissolved
from pipelines.example.town import Town

AGES = [
    "aantal_inwoners_0_tot_15_jaar", "aantal_inwoners_15_tot_25_jaar", "aantal_inwoners_25_tot_45_jaar",
    "aantal_inwoners_45_tot_65_jaar", "aantal_inwoners_65_jaar_en_ouder",
]  # fmt: skip
PERCENTAGES = [name.replace("aantal_inwoners", "percentage_personen") for name in AGES]
BANDS = ["persons_0_14", "persons_15_24", "persons_25_44", "persons_45_64", "persons_65plus"]


@given(st.integers(0, 10_000_000))
def test_rounding_to_five_moves_a_count_by_two_at_most(count: int) -> None:
    value = int(rounded(np.array([count]))[0])
    assert value % 5 == 0
    assert abs(value - count) <= 2


def test_counts_under_five_are_masked_and_five_is_not() -> None:
    assert masked(np.array([0, 4, 5, 7, 8, 12])).tolist() == [MASKED, MASKED, 5, 5, 10, 10]


def test_buurt_totals_are_the_truth_rounded_to_five(buurten: gpd.GeoDataFrame, true_people: pd.DataFrame) -> None:
    truth = true_people.groupby("buurtcode").persons.sum()
    published = buurten.set_index("buurtcode").aantal_inwoners
    assert (published % 5 == 0).all()
    assert (published - truth[published.index]).abs().max() <= 2
    assert (published > 0).all()


def test_ages_of_an_address_add_up_to_its_persons(true_people: pd.DataFrame) -> None:
    assert (true_people[BANDS].sum(axis=1) == true_people.persons).all()
    assert (true_people.persons_80plus <= true_people.persons_75plus).all()
    assert (true_people.persons_75plus <= true_people.persons_65plus).all()


def test_addresses_are_an_imperfect_prior(true_people: pd.DataFrame) -> None:
    per_address = true_people.groupby("buurtcode").persons.mean()
    assert set(range(7)) <= set(true_people.persons)
    assert per_address.max() > 1.5 * per_address.min()


def test_one_care_home_holds_some_sixty_people_of_75_and_older(true_people: pd.DataFrame) -> None:
    large = true_people[true_people.persons > 6]
    assert len(large) == 1
    assert 55 <= large.persons.item() <= 65
    assert large.persons_75plus.item() == large.persons.item()


def test_percentages_of_ages_are_whole_and_near_a_hundred(buurten: gpd.GeoDataFrame) -> None:
    known = buurten[buurten[PERCENTAGES[0]] != MASKED]
    assert known[PERCENTAGES].sum(axis=1).between(97, 103).all()


def test_ages_of_a_tiny_buurt_are_masked_but_its_total_is_not(buurten: gpd.GeoDataFrame) -> None:
    tiny = buurten[(buurten[PERCENTAGES] == MASKED).all(axis=1)]
    assert len(tiny) == 1
    assert 10 <= tiny.aantal_inwoners.item() < 50


def test_integers_stay_integers(buurten: gpd.GeoDataFrame, pc4: gpd.GeoDataFrame, pc6: gpd.GeoDataFrame) -> None:
    for layer in (buurten[["aantal_inwoners", *PERCENTAGES]], pc4[["postcode", *AGES]], pc6[AGES]):
        assert all(pd.api.types.is_integer_dtype(kind) for kind in layer.dtypes)


def test_pc6_add_up_to_their_pc4_within_rounding_and_masks(pc4: gpd.GeoDataFrame, pc6: gpd.GeoDataFrame) -> None:
    within = pc6.assign(pc4=pc6.postcode6.str[:4].astype(int), hidden=pc6.aantal_inwoners == MASKED)
    sums = within[~within.hidden].groupby("pc4").aantal_inwoners.sum()
    rows = within.groupby("pc4").hidden.agg(["size", "sum"])
    published = pc4.set_index("postcode").aantal_inwoners
    slack = 2 * (rows["size"] - rows["sum"]) + 4 * rows["sum"] + 2
    assert ((published - sums).abs() <= slack[published.index]).all()


def test_pc6_and_pc4_equal_the_truth_where_shown(
    pc4: gpd.GeoDataFrame, pc6: gpd.GeoDataFrame, true_people: pd.DataFrame
) -> None:
    truth6 = true_people.groupby("postcode6").persons.sum()
    truth4 = true_people.groupby(true_people.postcode6.str[:4].astype(int)).persons.sum()
    shown = pc6[pc6.aantal_inwoners != MASKED].set_index("postcode6").aantal_inwoners
    hidden = pc6[pc6.aantal_inwoners == MASKED].postcode6
    assert (shown - truth6[shown.index]).abs().max() <= 2
    assert truth6.reindex(hidden, fill_value=0).max() < 5
    assert len(hidden) > 5
    assert (pc4.set_index("postcode").aantal_inwoners - truth4).abs().max() <= 2


def test_squares_hold_the_people_whose_addresses_lie_in_them(folder: Path, true_people: pd.DataFrame) -> None:
    squares = gpd.read_file(folder / "cbs_vk100_2024.gpkg", layer="cbs_vk100_2024")
    east, north = (true_people[axis] // 100 for axis in ("x_m", "y_m"))
    code = "E" + east.astype(int).astype(str).str.zfill(4) + "N" + north.astype(int).astype(str).str.zfill(4)
    truth = true_people.groupby(code).agg(persons=("persons", "sum"), homes=("persons", "size"))
    shown = squares[squares.aantal_inwoners != MASKED].set_index("crs28992res100m")
    assert (shown.aantal_inwoners - truth.persons[shown.index]).abs().max() <= 2
    assert set(truth.index[(truth.persons >= 5) | (truth.homes >= 5)]) == set(squares.crs28992res100m)
    assert (squares[AGES] == MASKED).to_numpy().any()
    hidden = squares[squares.aantal_inwoners == MASKED]
    assert len(hidden) > 0
    assert (hidden.aantal_woningen >= 5).all()
    corners = squares.bounds
    assert ((corners.maxx - corners.minx).round(3) == 100).all()
    assert (corners.minx // 100).astype(int).astype(str).str.zfill(4).tolist() == [
        code[1:5] for code in squares.crs28992res100m
    ]


def test_every_address_lies_in_exactly_one_buurt_and_in_its_own_pc6(
    folder: Path, buurten: gpd.GeoDataFrame, pc6: gpd.GeoDataFrame
) -> None:
    addresses = gpd.read_file(folder / "bag.gpkg", layer="verblijfsobject")
    in_buurt = gpd.sjoin(addresses, buurten[["buurtcode", "geometry"]], predicate="within")
    in_pc6 = gpd.sjoin(addresses, pc6[["postcode6", "geometry"]], predicate="within")
    assert len(in_buurt) == len(addresses)
    assert in_buurt.identificatie.is_unique
    assert len(in_pc6) == len(addresses)
    assert (in_pc6.postcode == in_pc6.postcode6).all()


def test_addresses_look_like_those_of_the_bag(folder: Path) -> None:
    addresses = gpd.read_file(folder / "bag.gpkg", layer="verblijfsobject")
    assert addresses.identificatie.str.fullmatch(r"999[89]01\d{10}").all()
    assert addresses.identificatie.is_unique
    assert not addresses.duplicated(["openbare_ruimte_naam", "huisnummer", "huisletter", "toevoeging"]).any()
    homes = addresses.gebruiksdoel.str.contains("woonfunctie") & (addresses.woonplaats_naam == "Voorbeeldstad")
    assert 8_500 < homes.sum() < 10_000
    assert addresses.gebruiksdoel.str.contains(",").any()
    assert {"winkelfunctie", "onderwijsfunctie", "bijeenkomstfunctie"} <= set(addresses.gebruiksdoel)
    new = addresses[addresses.status == "Verblijfsobject gevormd"]
    assert 5 < len(new) < 0.05 * len(addresses)
    assert (new.gebruiksdoel == "woonfunctie").all()


def test_buurten_tile_the_town_without_gaps_or_overlaps(buurten: gpd.GeoDataFrame, folder: Path) -> None:
    union = shapely.union_all(buurten.geometry.array)
    assert buurten.area.sum() == pytest.approx(union.area, rel=1e-9)
    assert shapely.get_num_interior_rings(shapely.get_parts(union)).sum() == 0
    for level in ("wijken", "gemeenten"):
        layer = gpd.read_file(folder / "wijkenbuurten_2024.gpkg", layer=level)
        land = shapely.union_all(layer[layer.water == "NEE"].geometry.array)
        assert land.symmetric_difference(union).area < 1


def test_pc6_nest_in_pc4_but_pc4_and_buurten_overlap_without_nesting(
    buurten: gpd.GeoDataFrame, pc4: gpd.GeoDataFrame, pc6: gpd.GeoDataFrame
) -> None:
    parent = pc4.set_index("postcode").geometry
    own = pc6.postcode6.str[:4].astype(int).map(parent)
    outside = pc6.geometry.difference(gpd.GeoSeries(own.to_numpy(), crs=pc6.crs).buffer(0.01)).area
    assert outside.max() < 1
    town = pc4[pc4.postcode < 9950]
    inside = buurten[buurten.gemeentecode == "GM9999"]
    shares = gpd.overlay(town[["postcode", "geometry"]], inside[["buurtcode", "geometry"]], keep_geom_type=False)
    parts = shares.assign(area=shares.area)[shares.area > 100]
    assert (parts.groupby("buurtcode").size() > 1).sum() >= 4
    assert (parts.groupby("postcode").size() > 1).all()
    # No PC4 is made of whole buurten: each shares at least one with another.
    split = set(parts.groupby("buurtcode").size().loc[lambda count: count > 1].index)
    assert parts[parts.buurtcode.isin(split)].postcode.nunique() == len(town)


def test_some_pc6_straddle_a_border_between_buurten(klein: Town) -> None:
    parcels = klein.census.parcels
    pairs = pd.DataFrame({"pc6": parcels.postcode, "buurt": parcels.buurt}).drop_duplicates()
    assert (pairs.groupby("pc6").size() > 1).sum() > 5


def test_water_and_a_neighbouring_gemeente_are_in_every_layer_as_cbs_delivers_them(folder: Path) -> None:
    path = folder / "wijkenbuurten_2024.gpkg"
    assert [name for name, _ in pyogrio.list_layers(path)] == ["gemeenten", "wijken", "buurten"]
    for level, towns in {"gemeenten": 1, "wijken": 3, "buurten": 12}.items():
        layer = gpd.read_file(path, layer=level)
        assert layer.crs.to_epsg() == 28992
        land = layer[layer.water == "NEE"]
        assert (land.gemeentecode == "GM9999").sum() == towns
        assert (land.gemeentecode == "GM9998").sum() == 1
        assert (layer[layer.water == "JA"].aantal_inwoners == MASKED).all()


def test_sums_of_men_and_women_are_the_inhabitants_within_rounding(buurten: gpd.GeoDataFrame) -> None:
    assert (buurten.mannen + buurten.vrouwen - buurten.aantal_inwoners).abs().max() <= 5
    assert buurten.stedelijkheid_adressen_per_km2.between(1, 5).all()
    assert (buurten.omgevingsadressendichtheid > 100).all()


def test_polygons_of_one_label_become_one() -> None:
    squares = shapely.box([0, 1, 5], [0, 0, 0], [1, 2, 6], [1, 1, 1])
    labels, unions = dissolved(squares, np.array(["a", "a", "b"]))
    assert labels.tolist() == ["a", "b"]
    assert unions[0].equals(shapely.box(0, 0, 2, 1))
    assert unions[1].equals(shapely.box(5, 0, 6, 1))
