"""Whether the tables that go out, and the audit that goes with them, were all made from each other.

In Dagster's UI anybody may materialise a part of the graph. Every step reports from which run it read each table, so
that a release of tables of several runs goes out only where each was made from those that stand there now.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assets.bench import Bench
from assets.record import reports
from pipelines.errors import ReleaseError


def read_from(bench: Bench, steps: Sequence[str]) -> dict[str, str]:
    """Of which run the tables of each of these steps are; '' where a step never ended."""
    told = _by_step(bench)
    return {step: told[step]["run_id"] if step in told else "" for step in steps}


def require_one_chain(bench: Bench, steps: Sequence[str]) -> None:
    """Refuse to publish what was not made in this run by `steps`, each from what stands there now.

    Raises
    ------
    ReleaseError
        When the tables, pages or audit are of different deliveries or parameters; it names the first such step.
    """
    told = _by_step(bench)
    problems = (*_of_other_runs(told, bench.run_id, steps), *_broken(told, steps, set()))
    if problems:
        raise ReleaseError(
            f"{problems[0]}: what goes out and its audit would not be about the same. Materialise the whole job, or "
            f"samenhang run {bench.area.name}. The earlier release stands."
        )


def _by_step(bench: Bench) -> dict[str, dict[str, Any]]:
    return {report["step"]: report for report in reports(bench)}


def _of_other_runs(told: Mapping[str, Mapping[str, Any]], run_id: str, steps: Sequence[str]) -> Iterator[str]:
    for step in steps:
        if step in told and told[step]["run_id"] != run_id:
            yield f"{step} is not of this run"


def _broken(told: Mapping[str, Mapping[str, Any]], steps: Sequence[str], seen: set[str]) -> Iterator[str]:
    """Steps that never ended, or whose tables were made from others than stand there now."""
    for step in steps:
        if step not in told:
            yield f"{step} never ended"
        elif step not in seen:
            seen.add(step)
            read = told[step].get("read", {})
            yield from _broken(told, tuple(read), seen)
            for earlier, run_id in read.items():
                if earlier in told and told[earlier]["run_id"] != run_id:
                    yield f"{earlier} was made anew after {step}"
