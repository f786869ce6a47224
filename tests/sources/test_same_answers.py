"""The same answers, as CSV, workbook, SPSS and Parquet, with the codebook as CSV or workbook: the same bytes."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from pipelines.sources.area_file import RespondentDelivery
from pipelines.sources.respondents import Survey, read_respondents

CODEBOOK = """item;schaal;tekst_nl;tekst_en;laagste;hoogste;omgekeerd;weet_niet
v1;m1_contact;Ik groet de meeste mensen.;I greet most people.;1;5;nee;9
v2;m1_contact;Ik ken bijna niemand.;I know hardly anyone.;1;5;ja;
"""
ANSWERS = pd.DataFrame(
    {
        "respondent": [f"r-{row:03d}" for row in range(60)],
        "buurtcode": [("BU99990101", "BU99990102", "")[row % 3] for row in range(60)],
        "gewicht": [round(0.5 + row / 7, 6) for row in range(60)],
        "v1": [(1.0, 5.0, 9.0, np.nan, 3.0)[row % 5] for row in range(60)],
        "v2": [(2.0, np.nan, 4.0)[row % 3] for row in range(60)],
        "opmerking": [f"niet te lezen {row}" for row in range(60)],
    }
)


def comma_separated(path: Path) -> None:
    ANSWERS.to_csv(path, index=False)


def dutch(path: Path) -> None:
    ANSWERS.to_csv(path, sep=";", decimal=",", index=False, encoding="cp1252")


def workbook(path: Path) -> None:
    ANSWERS.to_excel(path, index=False)


def spss(path: Path) -> None:
    """Write SPSS with labels of values, which are not read: the codebook says what a code means."""
    pyreadstat.write_sav(ANSWERS, str(path), variable_value_labels={"v1": {1: "nooit", 5: "altijd", 9: "weet niet"}})


def parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pandas(ANSWERS, preserve_index=False), path)


FILES: dict[str, Callable[[Path], None]] = {
    "a.csv": comma_separated,
    "dutch.csv": dutch,
    "a.xlsx": workbook,
    "a.sav": spss,
    "a.parquet": parquet,
}


def codebook_as_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for line in CODEBOOK.splitlines():
        book.active.append([int(cell) if cell.isdigit() else cell or None for cell in line.split(";")])
    book.save(path)


def read(raw: Path, name: str, codebook: str) -> Survey:
    delivery = RespondentDelivery(path=name, codebook=codebook, vintage=2024, licence="CC0-1.0", attribution="nobody")
    return read_respondents(delivery, raw)


def fingerprints(survey: Survey) -> list[str]:
    found = []
    for table in (survey.respondents, survey.answers, survey.items):
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        found.append(hashlib.sha256(sink.getvalue().to_pybytes()).hexdigest())
    return found


@pytest.mark.parametrize("codebook", ["codeboek.csv", "codeboek.xlsx"])
@pytest.mark.parametrize("name", FILES)
def test_the_same_answers_give_the_same_bytes(tmp_path: Path, name: str, codebook: str):
    (tmp_path / "codeboek.csv").write_text(CODEBOOK, encoding="utf-8")
    codebook_as_workbook(tmp_path / "codeboek.xlsx")
    comma_separated(tmp_path / "a.csv")
    FILES[name](tmp_path / name)
    survey = read(tmp_path, name, codebook)
    assert fingerprints(survey) == fingerprints(read(tmp_path, "a.csv", "codeboek.csv"))
    assert survey.answers["answer"].null_count == 24 + 20
    assert survey.respondents["weight"].to_pylist() == ANSWERS["gewicht"].tolist()
