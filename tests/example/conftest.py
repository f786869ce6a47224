"""The example town in memory, and its delivered tables, once for all tests of this room."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from pipelines.example.town import Town, build_town


@pytest.fixture(scope="session")
def klein() -> Town:
    return build_town("klein", 20)


@pytest.fixture(scope="session")
def folder(example_raw: Path) -> Path:
    return example_raw / "voorbeeldstad"


@pytest.fixture(scope="session")
def true_people(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "waarheid" / "inwoners_per_adres.parquet")


@pytest.fixture(scope="session")
def buurten(folder: Path) -> gpd.GeoDataFrame:
    layer = gpd.read_file(folder / "wijkenbuurten_2024.gpkg", layer="buurten")
    return layer[layer.water == "NEE"].reset_index(drop=True)


@pytest.fixture(scope="session")
def pc4(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "cbs_pc4_2024.gpkg", layer="cbs_pc4_2024")


@pytest.fixture(scope="session")
def pc6(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "cbs_pc6_2024.gpkg", layer="cbs_pc6_2024")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
