"""`pages/`: files and pages of this run, and the switch that makes them the current release."""

import json
import shutil

from assets.bench import Bench
from assets.record import colophon, input_checksums, run_record
from assets.secret import require_one_key, told_as
from assets.step import Made, step
from pipelines.areas.contracts import AREA_TYPES, FEWEST_RESIDENTS, NEARLY_EVERYBODY
from pipelines.history import history, remembered
from pipelines.pages import exports
from pipelines.pages.compared import sensitivity, spreads
from pipelines.pages.dispersion import group_name
from pipelines.pages.figures import PublishedTables, SurveyTables
from pipelines.pages.index import index_page, main_profiles
from pipelines.pages.map import map_page
from pipelines.pages.method import method_page
from pipelines.pages.protection import protection_page
from pipelines.pages.quality import quality_page
from pipelines.pages.survey import survey_page
from pipelines.protection import contracts
from pipelines.release import exclusive, publication_lock
from pipelines.shelf_keys import LOST_KEY
from pipelines.survey.contracts import LOWEST_THIRD_UNDER
from pipelines.survey.coverage import coverage_facts
from pipelines.survey.groups import AGES
from pipelines.warehouse import replacing


def _published(bench: Bench) -> PublishedTables:
    areas = {area_type: bench.warehouse.read_as_written(f"out/{area_type}") for area_type in AREA_TYPES}
    tables = (bench.read(contract) for contract in (contracts.INDICATORS, contracts.PLACES, contracts.INVENTORY))
    indicators, places, inventory = tables
    return PublishedTables(indicators, areas, places, inventory)


def _write_page(bench: Bench, name: str, page: str) -> None:
    with replacing(bench.drafts / name) as temporary:
        temporary.write_text(page, encoding="utf-8")


@step("pages/exports", reads=("out/indicators", "out/places"))
def files(bench: Bench) -> Made:
    """Parquet files and a DuckDB database for analysts, with their description; and the audit."""
    published = _published(bench)
    tables = {**published.areas, "indicators": published.indicators, "places": published.places}
    for contract in (contracts.REACH, *contracts.OF_SURVEY):
        tables[contract.table] = bench.read(contract)
    exports.write_tables(tables, bench.drafts)
    exports.write_database(bench.drafts)
    described = exports.data_package(bench.area, colophon(bench), bench.drafts, input_checksums(bench))
    _write_page(bench, "datapackage.json", described)
    before = [entry.model_dump() for entry in history(bench.shelf)]
    names = bench.release, told_as(bench)
    audit = exports.audit_document(bench.read(contracts.AUDIT), names, input_checksums(bench), before)
    _write_page(bench, "sdc_audit.json", audit)
    return Made()


@step("pages/html", reads=("out/indicators", "out/places"))
def html(bench: Bench) -> Made:
    """All pages, `index.html` first: none asks for the network."""
    published, told = _published(bench), colophon(bench)
    _write_page(bench, "kaart.html", map_page(published, bench.area, told))
    _write_page(bench, "index.html", index_page(published, bench.area, told))
    survey = SurveyTables(*(bench.read(contract) for contract in contracts.OF_SURVEY))
    _write_page(bench, "enquete.html", survey_page(published, survey, bench.area, told))
    _write_page(bench, "kwaliteit.html", quality_page(published, survey.quality, bench.area, told))
    _write_page(bench, "bescherming.html", protection_page(published, bench.read(contracts.AUDIT), bench.area, told))
    facts = {
        "lost_key": LOST_KEY,
        "coverage": coverage_facts(),
        "nearly_everybody": NEARLY_EVERYBODY,
        "fewest_residents": FEWEST_RESIDENTS,
        "areas": spreads(published, main_profiles(bench.area)),
        "ages": [group_name("age", label) for label in AGES],
        "lowest_third": LOWEST_THIRD_UNDER,
        "sensitivity": sensitivity(published, main_profiles(bench.area)),
    }
    _write_page(bench, "methode.html", method_page(bench.area, told, facts))
    return Made()


@step("pages/release", reads=("pages/exports", "pages/html"))
def release(bench: Bench) -> Made:
    """Put the files together and make them the current release, by one switch."""
    with exclusive(publication_lock(bench.shelf), f"another publication of {bench.area.name}"):
        require_one_key(bench)
        with remembered(bench.shelf, bench.release) as folder:
            shutil.copytree(bench.drafts, folder, dirs_exist_ok=True)
            record = json.dumps(run_record(bench, "published"), indent=1, ensure_ascii=False)
            (folder / "run.json").write_text(record, encoding="utf-8")
    return Made()


STEPS = (files, html, release)
