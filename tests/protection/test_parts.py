"""The smallest parts that people are counted in."""

from pipelines.findings.contracts import MINIMUM
from pipelines.people.contracts import ATOMS, ORIGINS
from pipelines.protection.parts import build_parts
from pipelines.sources.contracts import AREAS
from tests.conftest import Laid

SAME = {"is_below": "unknown", "is_below_central": "unknown", "profile": "rollator"}


def _build(laid: Laid, beyond: tuple[bool, bool], attached: tuple[bool, bool]):
    places = [{"origin_id": n, "atom_id": n, "is_beyond": beyond[n], "is_attached": attached[n]} for n in (0, 1)]
    laid.lay(ATOMS, *places, prior=1.0)
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
