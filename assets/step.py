"""What a step is: a function from a `Bench` to tables, the contracts it writes and the steps it reads.

Here it is seen to that nothing goes out, or reaches a page, that did not pass protection. How a step becomes a Dagster
asset is for `asset`, what it reports for `report`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from assets.bench import Bench
from pipelines.contracts import Contract
from pipelines.errors import SamenhangError
from pipelines.sources.remarks import Remark
from pipelines.warehouse import Draft

OUT, PAGES, PROTECTION = "out", "pages", "assets.rooms.protection"


@dataclass(frozen=True)
class Made:
    """What a step made: tables in the order of its contracts, extra tables with contracts of their own, remarks.

    A table too long to hold comes as a draft.
    """

    tables: Sequence[pa.Table | Draft] = ()
    further: tuple[tuple[pa.Table, Contract], ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Step:
    """One node of the graph. `key` is room/name; `reads` are the keys of the steps whose tables it uses."""

    key: str
    make: Callable[[Bench], Made]
    writes: tuple[Contract, ...]
    reads: tuple[str, ...]
    deliveries: tuple[str, ...]
    description: str = field(default="")

    @property
    def room(self) -> str:
        """Its room, which is its group in Dagster; `out/*` is written by protection, and by nothing else."""
        prefix = self.key.split("/", 1)[0]
        return "protection" if prefix == "out" else prefix


def step(
    key: str, *, writes: tuple[Contract, ...] = (), reads: Sequence[str] = (), deliveries: Sequence[str] = ()
) -> Callable[[Callable[[Bench], Made]], Step]:
    """Turn a function into a `Step`; its docstring is the description shown in Dagster.

    Raises
    ------
    DefinitionError
        When it would let anything out that did not pass protection.
    """

    def wrap(make: Callable[[Bench], Made]) -> Step:
        one = Step(key, make, writes, tuple(reads), tuple(deliveries), (make.__doc__ or "").strip())
        require_protected(one)
        return one

    return wrap


class DefinitionError(SamenhangError):
    """The graph of steps would do what it may not; nothing can run before it is mended."""


def require_protected(one: Step) -> None:
    """Refuse a step by which a table could go out, or reach a page, without passing protection.

    Raises
    ------
    DefinitionError
        When it writes `out/*` and stands elsewhere than in protection, or is a page and reads another table than those.
    """
    prefix = one.key.split("/", 1)[0]
    outward = [contract.name for contract in one.writes if contract.room == OUT]
    is_protection = prefix == OUT and one.make.__module__ == PROTECTION
    if (outward or prefix == OUT) and not is_protection:
        raise DefinitionError(
            f"step {one.key} writes {outward or one.key}, and only {PROTECTION} lets tables out. Let it write a table "
            "of its own room, and protection publish that."
        )
    if prefix == PAGES:
        unprotected = [read for read in one.reads if read.split("/", 1)[0] not in {OUT, PAGES}]
        if unprotected:
            raise DefinitionError(
                f"step {one.key} reads {unprotected}, which nobody protects. Let it read the {OUT}/ table that follows "
                "from it, or add one in protection."
            )
