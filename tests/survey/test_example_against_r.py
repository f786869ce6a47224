"""The survey of the example town as R reckons it: weights, means and errors, scales and the model of small areas.

R reads the files as they are delivered (`tests/oracles/example.R`); here is what a whole run made of them.
"""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.sources.contracts import ANSWERS, ITEMS, MARGINS, RESPONDENTS, STRATA
from pipelines.survey.contracts import ESTIMATES, QUALITY
from pipelines.survey.fay_herriot import fit, predict
from pipelines.survey.publication_rules import FEWEST_DIRECT
from pipelines.survey.sample import Tables, draw, waves_of
from pipelines.warehouse import Warehouse
from tests.conftest import Run
from tests.survey.oracle import oracle

SCALES = ("m1_contact", "m2_network", "ctx_identification")
AS_R = 1e-6


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return oracle("example")


@pytest.fixture(scope="module")
def warehouse(example_run: Run) -> Warehouse:
    return Warehouse(example_run.data, example_run.area)


@pytest.fixture(scope="module")
def estimates(warehouse: Warehouse) -> pa.Table:
    return warehouse.read(ESTIMATES, pc.field("wave") == 2024)


def test_the_stored_values_are_of_the_files_of_today(told: dict[str, Any], example_run: Run) -> None:
    for name, digest in told["files"].items():
        path = example_run.raw / "voorbeeldstad" / name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, f"{name} is another file now: `make oracles`"


def test_weights_are_those_of_r(told: dict[str, Any], warehouse: Warehouse) -> None:
    tables = Tables(*(warehouse.read(one) for one in (RESPONDENTS, ANSWERS, ITEMS, STRATA, MARGINS)))
    wave = waves_of(tables, frozenset({2024}))[-1]
    sample = draw(wave)
    assert wave.respondents["respondent_id"].to_pylist() == told["respondents"]
    assert sample.design.weight == pytest.approx(told["weight"], abs=AS_R)
    # R neither merges strata nor trims: nor was there reason to.
    assert (sample.merged, sample.weighted.trimmed) == (0, 0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("area_type", ["buurt", "wijk", "gemeente"])
def test_means_and_errors_of_every_area_are_those_of_r(
    told: dict[str, Any], estimates: pa.Table, scale: str, area_type: str
) -> None:
    by_r = told["scales"][scale][area_type]
    rows = _rows(estimates, scale, "direct", area_type)
    codes = [by_r["code"]] if isinstance(by_r["code"], str) else by_r["code"]
    assert set(codes) == {code for code, row in rows.items() if row["respondents"]}
    for place, code in enumerate(codes):
        row = rows[code]
        for ours, theirs in (
            ("value", "mean"),
            ("se", "se"),
            ("respondents", "respondents"),
            ("effective", "effective"),
        ):
            if ours != "se":
                assert row[ours] == pytest.approx(np.atleast_1d(by_r[theirs])[place], abs=AS_R), (code, ours)
    heard = [(rows[code]["se"], se) for code, se in zip(codes, np.atleast_1d(by_r["se"]), strict=True)
             if rows[code]["respondents"] >= FEWEST_DIRECT]  # fmt: skip
    # Where R's own is smaller than chance lets it be, that of all areas of the type together stands in its place.
    assert all(ours > theirs - AS_R for ours, theirs in heard)
    assert np.mean([abs(ours - theirs) <= AS_R for ours, theirs in heard]) > 0.7


@pytest.mark.parametrize("scale", SCALES)
def test_the_model_of_small_areas_is_that_of_r(
    told: dict[str, Any], estimates: pa.Table, warehouse: Warehouse, scale: str
) -> None:
    by_r = told["scales"][scale]["model"]
    rows = _rows(estimates, scale, "direct", "buurt")
    kept = [rows[code] for code in by_r["code"]]
    # Variances as R made them steady, in a way of its own: the model must be the same of the same.
    direct, variance = np.array([row["value"] for row in kept]), by_r["variance"]
    ones = np.ones((len(direct), 1))
    model = fit(direct, variance, ones)
    found = predict(model, direct, variance, ones)
    assert model.beta == pytest.approx(by_r["beta"], abs=AS_R)
    assert model.sigma2 == pytest.approx(by_r["sigma2"], abs=AS_R)
    assert found.estimate == pytest.approx(by_r["estimate"], abs=AS_R)
    assert found.g1 + found.g2 == pytest.approx(by_r["g1_g2"], abs=AS_R)
    # With twelve buurten there is room for no covariate.
    assert _quality(warehouse, "model", f"{scale}/buurt")["covariates"]["word"] == ""


@pytest.mark.parametrize("scale", SCALES)
def test_alphas_and_omega_are_those_of_r(told: dict[str, Any], warehouse: Warehouse, scale: str) -> None:
    by_r, ours = told["scales"][scale]["reliability"], _quality(warehouse, "scale", scale)
    for statistic in ("alpha", "mean_r", "ordinal_alpha"):
        assert ours[statistic]["value"] == pytest.approx(by_r[statistic], abs=AS_R), statistic
    assert ours["omega"]["value"] == pytest.approx(by_r["omega"], abs=1e-4)


def _rows(estimates: pa.Table, indicator: str, method: str, area_type: str) -> dict[str, dict[str, Any]]:
    wanted = {"indicator": indicator, "method": method, "area_type": area_type}
    own = estimates.filter(pc.field("value").is_valid())
    for name, value in wanted.items():
        own = own.filter(pc.field(name) == value)
    return {row["area_code"]: row for row in own.to_pylist()}


def _quality(warehouse: Warehouse, subject: str, name: str) -> dict[str, dict[str, Any]]:
    table = warehouse.read(QUALITY, pc.field("wave") == 2024)
    own = table.filter((pc.field("subject") == subject) & (pc.field("name") == name) & (pc.field("mode") == ""))
    return {row["statistic"]: row for row in own.to_pylist()}
