"""Licences of deliveries, and whether their geometry may be published."""

from functools import cache
from pathlib import Path

import yaml

from pipelines.errors import AreaFileError

_LICENCES = Path(__file__).parent / "licences.yaml"


def licence_url(licence: str) -> str:
    """Address of a licence's text; '' where it has none."""
    return str(_licence(licence)["url"])


def may_publish_geometry(licence: str) -> bool:
    """Whether polygons under `licence` may be published; otherwise only a point of each."""
    return bool(_licence(licence)["publish_geometry"])


def known_licences() -> frozenset[str]:
    """Every licence that a delivery may carry."""
    return frozenset(_licences())


@cache
def _licences() -> dict[str, dict[str, object]]:
    known: dict[str, dict[str, object]] = yaml.safe_load(_LICENCES.read_text(encoding="utf-8"))
    return known


def _licence(licence: str) -> dict[str, object]:
    known = _licences()
    if licence not in known:
        raise AreaFileError(
            f"licence {licence!r} is not known; known are {sorted(known)}. Correct it in the area file."
        )
    return known[licence]
