import math
from dataclasses import replace

import pyarrow as pa
import pytest

from pipelines.contracts import Column, Contract, conform, violations, violations_in_parts
from pipelines.errors import ContractError

CONTRACT = Contract(
    "room/table",
    grain="one thing",
    key=("code",),
    columns=(
        Column("code", pa.string(), "its code", values=("a", "b", "c")),
        Column("length_m", pa.float64(), "metres", nullable=True, minimum=0, maximum=10),
    ),
    may_be_empty=False,
)


def _table(codes: list[str | None], lengths: list[float | None]) -> pa.Table:
    return pa.table({"code": pa.array(codes, pa.string()), "length_m": pa.array(lengths, pa.float64())})


def test_a_table_that_keeps_its_contract_has_no_violations():
    assert violations(_table(["a", "b"], [0.0, None]), CONTRACT) == ()


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (_table(["a", "a"], [1.0, 1.0]), "repeats"),
        (_table(["a", None], [1.0, 1.0]), "nulls"),
        (_table(["a", "x"], [1.0, 1.0]), "'x'"),
        (_table(["a", "b"], [1.0, -1.0]), "under 0"),
        (_table(["a", "b"], [1.0, 11.0]), "over 10"),
        (_table(["a", "b"], [1.0, math.nan]), "NaN"),
        (_table([], []), "empty"),
        (_table(["a"], [1.0]).rename_columns(["code", "other"]), "columns are"),
        (pa.table({"code": ["a"], "length_m": pa.array([1], pa.int32())}), "type int32"),
    ],
)
def test_every_kind_of_broken_promise_is_named(table: pa.Table, expected: str):
    (found,) = violations(table, CONTRACT)[:1]
    assert expected in found


def test_a_personal_table_never_has_its_values_quoted():
    personal = Contract(CONTRACT.name, CONTRACT.grain, CONTRACT.key, CONTRACT.columns, personal=True)
    found = " ".join(violations(_table(["a", "secret"], [1.0, -123.0]), personal))
    assert "secret" not in found
    assert "123" not in found


def test_conform_casts_drops_other_columns_and_sorts_by_the_key():
    loose = pa.table(
        {"extra": [1, 2], "length_m": pa.array([2, 1], pa.int32()), "code": pa.array(["b", "a"], pa.large_string())}
    )
    table = conform(loose, CONTRACT)
    assert table.column_names == ["code", "length_m"]
    assert table.to_pylist() == [{"code": "a", "length_m": 1.0}, {"code": "b", "length_m": 2.0}]


def test_conform_names_the_column_that_is_missing_or_does_not_fit():
    with pytest.raises(ContractError, match=r"\['length_m'\] are missing"):
        conform(pa.table({"code": ["a"]}), CONTRACT)
    with pytest.raises(ContractError, match="length_m"):
        conform(pa.table({"code": ["a"], "length_m": ["wide"]}), CONTRACT)


def test_the_value_that_does_not_fit_a_personal_table_is_not_quoted():
    personal = Contract(CONTRACT.name, CONTRACT.grain, CONTRACT.key, CONTRACT.columns, personal=True)
    with pytest.raises(ContractError) as caught:
        conform(pa.table({"code": ["a"], "length_m": ["secret"]}), personal)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_must_be_made_of_columns():
    with pytest.raises(ContractError, match="nowhere"):
        Contract("room/table", "one thing", ("nowhere",), CONTRACT.columns)


def test_parts_in_the_order_of_their_key_keep_the_contract():
    parts = [_table(["a", "b"], [0.0, None]), _table([], []), _table(["c"], [1.0])]
    assert violations_in_parts(parts, CONTRACT) == ()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([_table(["b", "a"], [1.0, 1.0])], "do not go by key"),
        ([_table(["a"], [1.0]), _table(["a"], [2.0])], "do not go by key"),
        ([_table(["b"], [1.0]), _table(["a"], [2.0])], "do not go by key"),
        ([_table(["a"], [1.0]), _table([], []), _table(["a"], [1.0])], "do not go by key"),
        ([_table(["a"], [1.0]), _table(["b"], [11.0])], "over 10"),
        ([_table([], [])], "empty"),
        ([], "empty"),
    ],
)
def test_what_parts_break_is_found_in_whichever_part_it_stands(parts: list[pa.Table], expected: str):
    (found,) = violations_in_parts(parts, CONTRACT)
    assert expected in found


def test_a_key_of_several_columns_goes_from_the_first_to_the_last():
    contract = replace(CONTRACT, key=("code", "length_m"))
    assert violations_in_parts([_table(["a", "a"], [1.0, 2.0]), _table(["b"], [0.0])], contract) == ()
    assert violations_in_parts([_table(["a", "a"], [2.0, 1.0])], contract)
    assert violations_in_parts([_table(["a"], [2.0]), _table(["a"], [2.0])], contract)
