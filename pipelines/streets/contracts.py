"""The pedestrian graph: junctions, edges with the facts about them, what each profile pays for an edge."""

import pyarrow as pa

from pipelines.contracts import GEOMETRY, Column, Contract
from pipelines.sources.contracts import SEGMENTS, X, Y
from pipelines.streets.unknowns import BOUNDS

NODES = Contract(
    "streets/nodes",
    grain="one junction or end of a street",
    key=("node_id",),
    columns=(
        Column(
            "node_id",
            pa.int64(),
            "number along a Hilbert curve: neighbours in space are neighbours here",
            minimum=0,
        ),
        X,
        Y,
    ),
    may_be_empty=False,
)

_FACTS = tuple(column for column in SEGMENTS.columns if column.name not in {"segment_id", "u_key", "v_key", "geometry"})

EDGES = Contract(
    "streets/edges",
    grain="one stretch between two junctions, walkable both ways unless a fact forbids it",
    key=("edge_id",),
    columns=(
        Column("edge_id", pa.int64(), "number, in the order of (u, v)", minimum=0),
        Column("u", pa.int64(), "node at the start", minimum=0),
        Column("v", pa.int64(), "node at the end", minimum=0),
        Column("length_m", pa.float64(), "length of the line in metres", minimum=0),
        *_FACTS,
        Column("geometry", GEOMETRY, "WKB line in RD from u to v"),
    ),
    may_be_empty=False,
)

COSTS = Contract(
    "streets/costs",
    grain="one edge for one profile and bound",
    key=("profile", "bound", "edge_id"),
    columns=(
        Column("profile", pa.string(), "profile of profiles.yaml"),
        Column("bound", pa.string(), "how what is not known is taken", values=BOUNDS),
        Column("edge_id", pa.int64(), "edge of streets/edges", minimum=0),
        Column("forward_m", pa.float64(), "metres from u to v; null: forbidden", nullable=True, minimum=0),
        Column("forward_s", pa.float64(), "seconds from u to v; null: forbidden", nullable=True, minimum=0),
        Column("backward_m", pa.float64(), "metres from v to u; null: forbidden", nullable=True, minimum=0),
        Column("backward_s", pa.float64(), "seconds from v to u; null: forbidden", nullable=True, minimum=0),
        Column(
            "barrier", pa.string(), "what forbids the edge in a direction: steps, kerb, access, wheels ...; else ''"
        ),
    ),
    may_be_empty=False,
)

COVERAGE = Contract(
    "streets/coverage",
    grain="one edge",
    key=("edge_id",),
    columns=(
        Column("edge_id", pa.int64(), "edge of streets/edges", minimum=0),
        Column(
            "known_share",
            pa.float64(),
            "share of the facts that bear on wheels there which are known; 1 where none bear",
            minimum=0,
            maximum=1,
        ),
        Column("is_crossing", pa.bool_(), "an obstacle at which a carriageway is crossed"),
        Column(
            "is_difficult_crossing",
            pa.bool_(),
            "crosses a road of class secondary or higher without lights, zebra or island; null: not known",
            nullable=True,
        ),
    ),
    may_be_empty=False,
)

BUDGETS = Contract(
    "streets/budgets",
    grain="one profile",
    key=("profile",),
    columns=(
        Column("profile", pa.string(), "profile of profiles.yaml"),
        Column("budget_m", pa.float64(), "how far, one way, in metres; null: no limit", nullable=True, minimum=0),
        Column(
            "budget_s",
            pa.float64(),
            "how long, one way, in seconds; null: no limit",
            nullable=True,
            minimum=0,
        ),
        Column("least_m", pa.float64(), "the least budget in metres", nullable=True, minimum=0),
        Column("least_s", pa.float64(), "the least budget in seconds", nullable=True, minimum=0),
        Column("greatest_m", pa.float64(), "the greatest budget in metres", nullable=True, minimum=0),
        Column("greatest_s", pa.float64(), "the greatest budget in seconds", nullable=True, minimum=0),
        Column("speed_m_per_s", pa.float64(), "walking speed on an even street", minimum=0),
        Column(
            "rest_leg_m",
            pa.float64(),
            "most metres without a seat; null: the profile needs none",
            nullable=True,
            minimum=0,
        ),
    ),
    may_be_empty=False,
)
