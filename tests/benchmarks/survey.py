"""Measures whether survey estimates are as sure as they say: `python -m tests.benchmarks.survey [--draws 500]`.

Surveys of the example town `groot`, each estimated by the whole pipeline: how often the 95 % interval of a buurt holds
the mean of all its adults, and how the squared error of the small-area model compares with that of direct estimates.

In "one town" the answers of all adults stay as they are and only the sample is new: what a direct estimate claims to
cover. The model claims to cover redrawn towns, in which the level of each buurt is new as well; of one town it covers
the average area, not each, as it draws what is truly unusual to the middle.

How much the model gains hangs on how much buurten differ: its squared error is about gamma times the direct one. Real
neighbourhoods differ, on scales of cohesion, by an intraclass correlation of .05 to .15; with a spread of 1.9 between
persons that is a standard deviation of .45 to .8 points. Buurten of the example differ by more, so that its maps show
something; towns as apart as real ones, and a little less, stand beside it. In real towns part of it goes with who live
there, which covariates of CBS then tell: half of the variance in one of the cases, by the share of older people.

Everyone who is asked answers every item: who did not is not part of this.
Writes a table to standard output, to `data/bench/survey.json`, and rows to `data/bench/latest.json`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipelines.survey.contracts import DIRECT, MODEL
from tests.benchmarks.measuring import Measured, peak_mb, timed
from tests.benchmarks.survey_draws import FIGURES, METHODS, Draws, Floats, Truth, setting, surveys

ROOT = Path(__file__).parents[2]
DRAWS, LEVEL, FEW = 500, 0.95, 30
PREFIX = "survey: "
TRUTHS = (
    Truth("one town, as the example", is_redrawn=False, buurt_spread=0.40),
    Truth("one town, as apart as real", is_redrawn=False, buurt_spread=0.16),
    Truth("redrawn towns, as the example", is_redrawn=True, buurt_spread=0.40),
    Truth("redrawn towns, as apart as real", is_redrawn=True, buurt_spread=0.16),
    Truth("redrawn towns, real, half by age", is_redrawn=True, buurt_spread=0.16, by_age=0.5),
    Truth("redrawn towns, little apart", is_redrawn=True, buurt_spread=0.10),
)
Both = Mapping[tuple[str, str], Draws]


@dataclass(frozen=True)
class Aim:
    """What is asked: a number between two others."""

    what: str
    least: float
    most: float


AVERAGE = Aim("coverage on average", 0.93, 0.97)
LEAST = Aim("least coverage of an area", 0.90, 1.0)
GREATEST = Aim("greatest coverage of an area", 0.0, 0.99)
GAIN = Aim("squared error over the direct one, n < 30", 0.0, 0.60)


@dataclass(frozen=True)
class Finding:
    """What was found beside what was asked."""

    aim: Aim
    found: float

    @property
    def told(self) -> str:
        """Whether the aim is met, in words."""
        return "met" if self.aim.least <= self.found <= self.aim.most else "not met"


@dataclass(frozen=True)
class Row:
    """What one method did for one figure under one truth.

    `spread` is the standard deviation of true means between buurten, `gamma` the mean weight of an area's own answers
    in buurten with fewer than 30 (NaN of a direct estimate).
    """

    truth: str
    figure: str
    method: str
    areas: int
    spread: float
    gamma: float
    findings: tuple[Finding, ...]


def coverage(draws: Draws) -> Floats:
    """Share of surveys whose interval holds the truth, per area that has an interval."""
    has = np.isfinite(draws.lower) & np.isfinite(draws.upper)
    holds = has & (draws.lower <= draws.truth) & (draws.truth <= draws.upper)
    given = has.sum(axis=0)
    return holds.sum(axis=0)[given > 0] / given[given > 0]


def rows(truth: str, found: Both) -> Iterator[Row]:
    """Lay what was found beside what was asked."""
    for figure in FIGURES:
        for method in METHODS:
            own, direct = found[figure, method], found[figure, DIRECT]
            covered = coverage(own)
            few = (own.respondents < FEW) & np.isfinite(own.value) & np.isfinite(direct.value)
            findings = [Finding(aim, float(value)) for aim, value in _coverages(covered)]
            if method == MODEL:
                findings.append(Finding(GAIN, _squared(own, few) / _squared(direct, few)))
            spread, gamma = own.truth.std(axis=1).mean(), own.gamma[few].mean()
            yield Row(truth, figure, method, len(covered), float(spread), float(gamma), tuple(findings))


def _coverages(covered: Floats) -> tuple[tuple[Aim, float], ...]:
    return (AVERAGE, covered.mean()), (LEAST, covered.min()), (GREATEST, covered.max())


def _squared(draws: Draws, where: np.ndarray) -> float:
    return float(np.mean((draws.value - draws.truth)[where] ** 2))


def chance(draws: int) -> float:
    """Standard error of the coverage of one area, by the number of draws alone."""
    return float(np.sqrt(LEVEL * (1 - LEVEL) / draws))


def lines(found: Sequence[Row]) -> Iterator[str]:
    """Tell rows as a table, one line per truth, figure and method."""
    aims = (AVERAGE, LEAST, GREATEST, GAIN)
    names = ("average", "least", "greatest", f"error n<{FEW}")
    head = "".join(f"{name:<16}" for name in names)
    asked = "".join(f"{f'{aim.least:.2f}-{aim.most:.2f}':<16}" for aim in aims)
    yield f"{'truth':<33}{'figure':<16}{'method':<12}{'areas':>5} {'spread':>6}  {head}gamma"
    yield f"{'asked':<33}{'':<16}{'':<12}{'':>5} {'':>6}  {asked}"
    for row in found:
        told = "".join(f"{f'{one.found:.3f} {one.told}':<16}" for one in row.findings)
        gamma = f"{row.gamma:.2f}" if row.method == MODEL else ""
        yield f"{row.truth:<33}{row.figure:<16}{row.method:<12}{row.areas:>5} {row.spread:>6.2f}  {told}{gamma}"


def _measured(found: Sequence[Row], draws: int, seconds: tuple[float, float]) -> Iterator[Measured]:
    """The rows as those of the other benches; times are of all figures and methods of this truth together."""
    for row in found:
        agrees = "yes" if all(one.told == "met" for one in row.findings) else "NO"
        note = "; ".join(f"{one.aim.what} {one.found:.3f} {one.told}" for one in row.findings)
        yield Measured(
            f"{PREFIX}{row.truth}", f"{row.figure}, {row.method}", 0, row.areas, draws, 1, 1, *seconds, peak_mb(),
            agrees, note,
        )  # fmt: skip


def add_to_latest(path: Path, measured: Sequence[Measured]) -> None:
    """Put these rows in the place of earlier ones of the survey; those of other benches stay."""
    earlier = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    kept = [row for row in earlier if not row["case"].startswith(PREFIX)]
    _write(path, [*kept, *(asdict(row) for row in measured)])


def _write(path: Path, told: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _stored(row: Row, draws: int) -> dict[str, object]:
    """One row of `survey.json`; a direct estimate has no gamma."""
    findings = [{**asdict(one), "told": one.told} for one in row.findings]
    gamma = row.gamma if row.method == MODEL else None
    return {**asdict(row), "gamma": gamma, "findings": findings, "draws": draws, "chance": chance(draws)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Hold all surveys and write down what was found."""
    parser = argparse.ArgumentParser(prog="survey", description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS, help="surveys per truth")
    draws = parser.parse_args(arguments).draws
    here, found, measured = setting(), [], []
    for truth in TRUTHS:
        held, cpu_s, wall_s = timed(lambda truth=truth: surveys(here, truth, draws))
        own = list(rows(truth.name, held))
        found += own
        measured += _measured(own, draws, (cpu_s, wall_s))
        sys.stdout.write(f"{truth.name}: {draws} surveys, CPU {cpu_s:.0f} s, wall {wall_s:.0f} s\n")
        sys.stdout.flush()
    sys.stdout.write("\n".join(lines(found)) + "\n")
    sys.stdout.write(f"By chance alone the coverage of one area is off by {chance(draws):.3f} (standard error).\n")
    _write(ROOT / "data" / "bench" / "survey.json", [_stored(row, draws) for row in found])
    add_to_latest(ROOT / "data" / "bench" / "latest.json", measured)


if __name__ == "__main__":
    main()
