"""Measures whether survey estimates are as sure as they say: `python -m tests.benchmarks.survey [--draws 300]`.

A table of coverage: how often the 95 % interval of a buurt holds the mean of all its adults, by design of the sample,
intraclass correlation of streets, size of the town, figure and method, through all steps of the pipeline from the
sample to the verdict. "told" is the estimate that is chosen: the model's, or the direct one.

Coverage is counted of all intervals, of those that may be published (`ok` or with caution) and of those that are `ok`,
which is what is claimed: .93 to .97 on average and .90 to .99 in each buurt. A buurt counts that was `ok` in 60 surveys
or more; the worst and the best of many are off by chance, so that an aim is missed only where more than two standard
errors of that buurt lie between. Towns are redrawn for every survey, as the model claims; at the end stand surveys of
one town that stays as it is, which the direct estimates claim to cover and the model covers on average, not in each
buurt.

The negative control is in the table: intervals of half their width must be found to cover too little.
Everything is written to standard output; with `--summary PATH` what the method page tells of it to that file.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from pipelines.arrays import Flags, Floats
from pipelines.survey.contracts import DIRECT
from pipelines.survey.coverage import AVERAGE, EACH
from tests.benchmarks.measuring import timed
from tests.benchmarks.survey_draws import METHODS, TOLD, Case, Draws, Held, joined, surveys
from tests.benchmarks.survey_towns import DESIGNS, FIGURES

DRAWS, LEVEL, AT_ONCE, FEWEST_OK = 300, 0.95, 25, 60
ICCS, TOWNS = (0.0, 0.1, 0.3), (12, 60)
CASES = tuple(Case(*each) for each in product(DESIGNS, ICCS, TOWNS))
STAYS = tuple(Case(design, 0.1, 60, is_redrawn=False) for design in ("stratified", "both"))
CONTROL = "half as wide"
COMMAND = "python -m tests.benchmarks.survey --summary pipelines/survey/coverage.yaml"
OK, CAUTION = "publish", "caution"
Range = tuple[float, float]
_SURE = 2.0


@dataclass(frozen=True)
class Extreme:
    """The coverage of the worst or the best buurt, and its standard error by the number of surveys; NaN of none."""

    found: float
    chance: float


@dataclass(frozen=True)
class Row:
    """What one method did for one figure in one case.

    Coverage on average of `every` interval, of those `told` and of those `ok`, with the standard error of `ok`; the
    `worst` and `best` buurt of those that are `ok`; shares of estimates that are `ok`, with caution and neither; mean
    `width` of what is told; `error`: squared error over that of the direct estimate, where there are both.
    """

    case: Case
    figure: str
    method: str
    every: float
    told: float
    ok: float
    chance: float
    worst: Extreme
    best: Extreme
    verdicts: tuple[float, float, float]
    width: float
    error: float

    @property
    def is_met(self) -> bool:
        """Whether what is claimed holds, but for chance."""
        averages = [(self.ok, self.chance), (self.told, self.chance)]
        extremes = [(self.worst.found, self.worst.chance), (self.best.found, self.best.chance)]
        return all(is_within(*one, AVERAGE) for one in averages) and all(is_within(*one, EACH) for one in extremes)


def is_within(found: float, chance: float, asked: Range) -> bool:
    """Whether a coverage lies where it is asked, or so near that chance may be why; of none (NaN) nothing is asked."""
    return not np.isfinite(found) or asked[0] - _SURE * chance <= found <= asked[1] + _SURE * chance


def row(case: Case, found: Held, figure: str, method: str) -> Row:
    """Count how often intervals held the truth."""
    own, direct = found[figure, method], found[figure, DIRECT]
    has = np.isfinite(own.lower) & np.isfinite(own.upper)
    holds = has & (own.lower <= own.truth) & (own.truth <= own.upper)
    ok, caution = has & (own.verdict == OK), has & (own.verdict == CAUTION)
    worst, best = extremes(holds, ok)
    told = ok | caution
    return Row(
        case, figure, method, _average(holds, has), _average(holds, told), _average(holds, ok), _chance(holds, ok),
        worst, best, (float(ok.mean()), float(caution.mean()), float(1 - told.mean())),
        _mean((own.upper - own.lower)[told]), _squared(own, direct),
    )  # fmt: skip


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")


def _average(holds: Flags, where: Flags) -> float:
    return _mean(holds[where].astype(np.float64))


def _chance(holds: Flags, where: Flags) -> float:
    """Standard error of an average: surveys are drawn, buurten of one survey are not independent."""
    missed = (where & ~holds).sum(axis=1) - (1 - _average(holds, where)) * where.sum(axis=1)
    return float(np.sqrt((missed**2).sum()) / max(where.sum(), 1))


def extremes(holds: Flags, ok: Flags) -> tuple[Extreme, Extreme]:
    """Give the coverage of the worst and of the best buurt of those that are `ok` often enough."""
    often = ok.sum(axis=0)
    enough = np.flatnonzero(often >= FEWEST_OK)
    if not len(enough):
        return Extreme(float("nan"), float("nan")), Extreme(float("nan"), float("nan"))
    covered = (holds & ok).sum(axis=0)[enough] / often[enough]
    ends = (int(covered.argmin()), int(covered.argmax()))
    worst, best = (Extreme(float(covered[end]), _binomial(int(often[enough][end]))) for end in ends)
    return worst, best


def _binomial(draws: int) -> float:
    return float(np.sqrt(LEVEL * (1 - LEVEL) / draws))


def _squared(own: Draws, direct: Draws) -> float:
    both = np.isfinite(own.value) & np.isfinite(direct.value)
    errors = [np.sum((one.value - one.truth)[both] ** 2) for one in (own, direct)]
    return float(errors[0] / errors[1]) if errors[1] else float("nan")


def rows(case: Case, found: Held) -> Iterator[Row]:
    """Tell every figure and method of a case, and the negative control of what is told."""
    for figure in FIGURES:
        for method in METHODS:
            yield row(case, found, figure, method)
        narrow = {key: halved(draws) for key, draws in found.items()}
        yield replace(row(case, narrow, figure, TOLD), method=CONTROL)


def halved(draws: Draws) -> Draws:
    """Give the same with intervals of half their width: what the table must find to be wrong."""
    return replace(draws, lower=(draws.value + draws.lower) / 2, upper=(draws.value + draws.upper) / 2)


def head() -> str:
    """Name the columns."""
    names = ("every", "told", "ok", "worst", "best", "ok", "caution", "not", "width", "error")
    return f"{'design':<11}{'icc':>4} {'town':>5} {'figure':<10}{'method':<13}" + "".join(f"{one:>8}" for one in names)


def line(one: Row) -> str:
    """Tell one row, with `!` where what is claimed does not hold."""
    numbers = (one.every, one.told, one.ok, one.worst.found, one.best.found, *one.verdicts, one.width, one.error)
    town = f"{one.case.buurten}" if one.case.is_redrawn else f"={one.case.buurten}"
    told = "".join(f"{'-' if np.isnan(number) else f'{number:.3f}':>8}" for number in numbers)
    mark = "" if one.is_met else " !"
    return f"{one.case.design:<11}{one.case.icc:>4.1f} {town:>5} {one.figure:<10}{one.method:<13}{told}{mark}"


def hold(cases: Sequence[Case], draws: int, workers: int) -> Iterator[tuple[Case, Held]]:
    """Hold all surveys, in portions and processes side by side; the same draws whatever the number of processes."""
    with ProcessPoolExecutor(workers) as pool:
        portions = {
            case: [
                pool.submit(surveys, case, min(AT_ONCE, draws - start), 1 + start) for start in range(0, draws, AT_ONCE)
            ]
            for case in cases
        }
        for case, waiting in portions.items():
            yield case, joined([one.result() for one in waiting])


def main(arguments: Sequence[str] | None = None) -> None:
    """Hold all surveys and tell what was found."""
    parser = argparse.ArgumentParser(prog="survey", description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS, help="surveys per case")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes side by side")
    parser.add_argument("--design", choices=DESIGNS, help="only this one")
    parser.add_argument("--summary", type=Path, help="file for the method page, pipelines/survey/coverage.yaml")
    given = parser.parse_args(arguments)
    cases = [case for case in (*CASES, *STAYS) if given.design in {None, case.design}]
    sys.stdout.write(f"{head()}\n")
    found, _, wall_s = timed(lambda: list(_tell(cases, given.draws, given.workers)))
    sys.stdout.write(
        f"{given.draws} surveys per case, {wall_s:.0f} s; one buurt is off by {_binomial(given.draws):.3f}\n"
    )
    if given.summary:
        given.summary.write_text(summary(found, given.draws), encoding="utf-8")


def _tell(cases: Sequence[Case], draws: int, workers: int) -> Iterator[Row]:
    for case, found in hold(cases, draws, workers):
        for one in rows(case, found):
            sys.stdout.write(f"{line(one)}\n")
            yield one
        sys.stdout.flush()


def summary(found: Sequence[Row], draws: int) -> str:
    """Tell of redrawn towns, per case and figure, what goes out: the text of `pipelines/survey/coverage.yaml`."""
    told = [one for one in found if one.method == TOLD and one.case.is_redrawn]
    text = f"# How often intervals hold the truth. Do not edit: made by the command below.\ncommand: {COMMAND}\n"
    return text + f"surveys: {draws}\nrows:\n" + "".join(f"- {_summed(one)}\n" for one in told)


def _summed(one: Row) -> str:
    ok, caution, _ = one.verdicts
    numbers = {
        "told": one.told, "ok": one.ok, "chance": one.chance, "worst": one.worst.found, "best": one.best.found,
        "share_ok": ok, "share_caution": caution,
    }  # fmt: skip
    cells = {name: "null" if np.isnan(number) else f"{number:.3f}" for name, number in numbers.items()}
    cells["is_met"] = str(one.is_met).lower()
    case = {"design": one.case.design, "icc": one.case.icc, "buurten": one.case.buurten, "figure": one.figure}
    return "{" + ", ".join(f"{name}: {value}" for name, value in {**case, **cells}.items()) + "}"


if __name__ == "__main__":
    main()
