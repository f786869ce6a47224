from collections.abc import Callable

import pyarrow as pa
import pytest

from pipelines.contracts import violations
from pipelines.streets.contracts import COVERAGE
from pipelines.streets.coverage import coverage
from pipelines.streets.graph import build_graph

Segments = Callable[..., pa.Table]
POINT = [(100_000, 400_000), (100_000, 400_000)]


def covered(segments: Segments, **facts: object) -> dict[str, object]:
    _, edges = build_graph(segments(facts))
    table = coverage(edges)
    assert violations(table, COVERAGE) == ()
    row: dict[str, object] = table.to_pylist()[0]
    return row


@pytest.mark.parametrize(
    ("facts", "share"),
    [
        ({"surface": "", "width_m": None}, 0.0),
        ({"surface": "asphalt", "width_m": None}, 0.5),
        ({"surface": "", "smoothness": "good", "width_m": 1.5}, 1.0),
        ({"highway": "residential", "surface": "asphalt"}, 0.5),
        ({"highway": "residential", "surface": "asphalt", "sidewalk": "no"}, 1.0),
        ({"highway": "service", "surface": "asphalt"}, 1.0),
        ({"width_m": 2.0, "may_slope": True}, 2 / 3),
        ({"is_steps": True, "width_m": 2.0}, 0.5),
        ({"is_steps": True, "width_m": 2.0, "step_count": 3, "ramp_wheelchair": "no"}, 1.0),
        ({"line": POINT, "surface": "", "is_crossing": True, "crossed_highway": "residential"}, 0.0),
        (
            {"line": POINT, "surface": "", "is_crossing": True, "crossed_highway": "residential", "kerb_height_m": 0.0},
            1.0,
        ),
        ({"line": POINT, "surface": "", "is_crossing": True, "crossed_highway": "primary", "kerb_height_m": 0.0}, 0.5),
        ({"line": POINT, "surface": "", "has_kerb": True}, 0.0),
        ({"line": POINT, "surface": "", "barrier": "gate"}, 0.0),
        ({"line": POINT, "surface": "", "barrier": "gate", "foot": "yes"}, 0.5),
        ({"line": POINT, "surface": "", "barrier": "gate", "foot": "yes", "width_m": 1.0}, 1.0),
        ({"line": POINT, "surface": "", "barrier": "bollard"}, 0.0),
        ({"line": POINT, "surface": "", "barrier": "bollard", "wheelchair": "yes"}, 1.0),
        ({"line": POINT, "surface": "", "barrier": "stile"}, 1.0),
    ],
)
def test_the_share_counts_only_what_bears_there(segments: Segments, facts: dict[str, object], share: float) -> None:
    assert covered(segments, **facts)["known_share"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("crossed", "crossing", "difficult"),
    [
        ("primary", "none", True),
        ("secondary", "signals", False),
        ("secondary", "", None),
        ("tertiary", "none", False),
        ("residential", "", False),
    ],
)
def test_a_busy_road_without_help_is_a_difficult_crossing(
    segments: Segments, crossed: str, crossing: str, difficult: object
) -> None:
    row = covered(segments, is_crossing=True, crossed_highway=crossed, crossing=crossing)
    assert row["is_difficult_crossing"] is difficult
    assert row["is_crossing"]
