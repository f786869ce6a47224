"""The smallest parts that people are counted in."""

from pipelines.findings.contracts import MINIMUM
from pipelines.people.contracts import ATOMS, ORIGINS
from pipelines.people.groups import all_groups
from pipelines.protection.parts import build_parts, told_of
from pipelines.sources.contracts import AREAS
from tests.conftest import Laid

SAME = {"is_below": "unknown", "is_below_central": "unknown", "profile": "rollator"}


def _build(laid: Laid, beyond: tuple[bool, bool], attached: tuple[bool, bool]):
    places = [{"origin_id": n, "atom_id": n, "is_beyond": beyond[n], "is_attached": attached[n]} for n in (0, 1)]
    laid.lay(ATOMS, *places, prior=1.0, buurt_code="BU1")
    laid.lay(ORIGINS, *places, h3_cell=0x8A1F1D48A9B7FFF, origin_type="address", period="2024")
    laid.lay(MINIMUM, *places, **SAME)
    laid.lay(AREAS)
    return build_parts(laid.warehouse)


def test_homes_that_differ_in_nothing_are_one_part(laid: Laid):
    assert len(_build(laid, (False, False), (True, True)).names) == 1


def test_homes_on_no_street_are_another_part_by_another_name(laid: Laid):
    assert len(set(_build(laid, (False, False), (True, False)).names)) == 2


def test_homes_beyond_the_border_are_another_part_by_another_name(laid: Laid):
    assert len(set(_build(laid, (False, True), (True, True)).names)) == 2


def _told(laid: Laid, attached: tuple[bool, bool]) -> dict[str, float]:
    """How many of the two parts each level holds, of a buurt."""
    parts = _build(laid, (False, False), attached)
    told = told_of(parts, next(group for group in all_groups() if group.name == "75plus"))
    held = told.members.sum(axis=1)
    rows = zip(told.area_type, told.level, held, strict=True)
    return {level: float(count) for area_type, level, count in rows if area_type == "buurt" and level}


def test_what_is_told_of_homes_on_streets_is_a_sum_of_its_own_only_beside_homes_on_none(laid: Laid):
    assert _told(laid, (True, True)) == {"none_found": 1, "at_most": 1}
    assert _told(laid, (True, False)) == {"none_found_on_streets": 1, "none_found": 2, "at_most": 2}
    assert _told(laid, (False, False)) == {"none_found": 1, "at_most": 1}
