"""The registry that comes with the project, and what a registry may hold."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from pipelines.errors import AreaFileError
from pipelines.sources.area_file import SHIPPED as AREAS
from pipelines.sources.area_file import read_area_file
from pipelines.sources.fetch.registry import SHIPPED, RegistryError, filled, read_registry, shipped_registry

CONTENT = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
GRONINGEN = yaml.safe_load((AREAS / "groningen-2017.yaml").read_text(encoding="utf-8"))
NATIONAL = (
    "cbs-wijkenbuurten", "cbs-pc4", "cbs-pc6", "cbs-squares-100m", "cbs-squares-500m", "cbs-pc6-huisnummer-buurt",
    "statline-kerncijfers", "statline-nabijheid", "statline-veiligheidsmonitor", "bag-verblijfsobjecten", "bag-light",
    "osm-netherlands", "osm-province", "duo-basisonderwijs", "pdok-gemeenten",
)  # fmt: skip


ONE_YEAR = {2024: {"evidence": "assumed", "seen": "never_fetched"}}


def _written(folder: Path, name: str, **changes: object) -> Path:
    source = {**CONTENT["sources"][name], **changes}
    path = folder / "registry.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "sources": {name: source}}), encoding="utf-8")
    return path


def test_every_national_source_is_in_it_and_every_address_can_be_made():
    registry = shipped_registry()
    assert set(NATIONAL) == set(registry.sources)
    assert set(range(2017, 2026)) <= set(registry.sources["cbs-wijkenbuurten"].years)
    for source in registry.sources.values():
        for year in source.years:
            for variant in source.variants or ("",):
                address = urlsplit(source.address(year, variant))
                assert address.scheme == "https"
                assert address.hostname
                assert not {"{", "}"} & set(address.path)
            assert "{" not in source.page_of(year)
            assert "{" not in source.attribution.format(year=year)


def test_of_every_address_it_is_said_that_nobody_fetched_it_and_how_sure_it_is():
    editions = [edition for source in shipped_registry().sources.values() for edition in source.years.values()]
    assert {edition.seen for edition in editions} == {"never_fetched"}
    assert {edition.evidence for edition in editions} == {"from_documentation", "assumed"}


def test_addresses_differ_per_year_where_the_source_has_years():
    registry = shipped_registry()
    for name in ("cbs-wijkenbuurten", "cbs-pc4", "cbs-pc6", "cbs-squares-100m", "cbs-squares-500m", "osm-province"):
        source, variant = registry.find(f"{name}/utrecht" if name == "osm-province" else name)
        addresses = {source.address(year, variant) for year in source.years}
        assert len(addresses) == len(source.years)
    province, variant = registry.find("osm-province/groningen")
    assert province.address(2024, variant).endswith("/groningen-240101.osm.pbf")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("cbs-wijkenbuurt", "did you mean 'cbs-wijkenbuurten'"),
        ("kadaster", "known are"),
        ("osm-province", r"has no variant ''; write one of \['osm-province/drenthe'"),
        ("osm-province/holland", "has no variant 'holland'"),
        ("cbs-pc4/groningen", "has no variant 'groningen'"),
    ],
)
def test_an_unknown_source_is_told_with_the_likely_one(reference: str, said: str):
    with pytest.raises(RegistryError, match=said):
        shipped_registry().find(reference)


def test_an_area_file_may_name_known_sources_only(tmp_path: Path):
    buurten = {**GRONINGEN["sources"]["buurten"], "fetch": "cbs-wijkenbuurt"}
    path = tmp_path / "town.yaml"
    path.write_text(yaml.safe_dump({**GRONINGEN, "sources": {**GRONINGEN["sources"], "buurten": buurten}}))
    with pytest.raises(AreaFileError, match=r"sources\.buurten\.fetch: .*did you mean 'cbs-wijkenbuurten'"):
        read_area_file(path)
    path.write_text(path.read_text().replace("cbs-wijkenbuurt\n", "cbs-wijkenbuurten\n"))
    assert read_area_file(path).sources.buurten.fetch == "cbs-wijkenbuurten"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, r"cbs-pc4\.colour: Extra inputs"),
        ({"licence": "WTFPL"}, "licence 'WTFPL' is not known"),
        ({"service": "ftp"}, "service"),
        ({"service": "odata"}, "is stored as parquet"),
        ({"region_dimension": "RegioS"}, "belongs to service odata"),
        ({"size_limit_mb": 0}, "size_limit_mb"),
        ({"years": {}}, "years"),
        ({"years": {2024: {"evidence": "certain", "seen": "never_fetched"}}}, "evidence"),
        ({"years": {2024: {"evidence": "assumed", "seen": "never_fetched"}}}, "2024 has no url"),
        ({"years": {2024: {"evidence": "assumed", "seen": "never_fetched", "url": "https://a.nl/{month}"}}}, "only"),
        *(
            ({"years": {2024: {"evidence": "assumed", "seen": "never_fetched", "url": url}}}, "is no plain http")
            for url in ("file:///etc/passwd", "ftp://a.nl/x", "https://me:word@a.nl/x", "https:///x", "a.nl/x")
        ),
    ],
)
def test_a_registry_that_contradicts_itself_is_refused(tmp_path: Path, changes: dict[str, object], said: str):
    with pytest.raises(RegistryError, match=said):
        read_registry(_written(tmp_path, "cbs-pc4", **changes))


@pytest.mark.parametrize("text", ["{", "", "sources: 1", "version: 7\nsources: {}"])
def test_a_file_that_is_no_registry_is_refused_by_name(tmp_path: Path, text: str):
    path = tmp_path / "registry.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=r"registry\.yaml"):
        read_registry(path)
    with pytest.raises(RegistryError, match="cannot be read as a registry"):
        read_registry(tmp_path / "absent.yaml")


@pytest.mark.parametrize("key", ["url", "page", "attribution"])
@pytest.mark.parametrize("said", ["{year.__class__}", "{0}", "{year!r}", "{other}", "{}"])
def test_a_template_of_the_registry_may_name_its_own_words_only(tmp_path: Path, key: str, said: str):
    changed = _written(tmp_path, "cbs-wijkenbuurten", **{key: f"https://example.org/{said}", "years": ONE_YEAR})
    with pytest.raises(RegistryError, match="in braces"):
        read_registry(changed)


def test_a_template_that_was_filled_in_is_not_read_again():
    assert filled("{variant} {year}", variant="{year}", year="2024") == "{year} 2024"
