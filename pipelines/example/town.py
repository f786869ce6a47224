"""The example town as a folder of deliveries: everything drawn from one seed, in the sources' own file formats.

Here the subjects are put in order and written; each is drawn in its own module.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.errors import InputError
from pipelines.example import adults, cbs_files, homes, lists, parcels, people, places, plan, registers, survey
from pipelines.example.drawing import Drawing, collected
from pipelines.example.osm_file import write_osm
from pipelines.example.streets import StreetPlan, draw_streets, prepare_streets
from pipelines.example.survey_files import write_codebook, write_true_means, write_wave
from pipelines.example.water_and_roads import draw_canal, draw_main_roads, draw_trunk
from pipelines.example.words import Item, read_kinds, read_words

YEAR = 2024
YEAR_BEFORE = YEAR - adults.YEARS_BETWEEN
TRUTHS = "waarheid"


@dataclass(frozen=True)
class Town:
    """The whole town in memory: the drawing OSM would show, the census, the lists, the two waves of the survey."""

    streets: StreetPlan
    drawing: Drawing
    census: cbs_files.Census
    sites: tuple[places.Site, ...]
    listed: tuple[lists.Listed, ...]
    fieldwork: survey.Fieldwork
    fieldwork_before: survey.Fieldwork


def build_town(size: plan.SizeName, seed: int) -> Town:
    """Draw the town from one seed; each subject has its own stream of chance, so that one does not disturb another."""
    words, kinds = read_words(), read_kinds()
    chance = iter(np.random.default_rng(seed).spawn(10))
    layout = plan.draw_plan(plan.SIZES[size], kinds, next(chance))
    halves = parcels.draw_parcels(layout, next(chance))
    codes = parcels.name_areas(layout, words)
    streets = prepare_streets(layout, kinds, words)
    sites = places.choose_sites(streets, halves, next(chance))
    drawing = _draw(streets, halves, sites, next(chance))
    objects = homes.build_objects(streets, halves, sites, next(chance))
    residents = people.settle_people(objects, halves, streets.kinds, next(chance))
    census = cbs_files.Census(halves, codes, objects, residents)
    leaning = adults.lean(census, words.items, stream := next(chance))
    answers = adults.answer_all(leaning, words.items, stream)
    sizes = survey.sample_sizes(np.bincount(answers.buurt, minlength=layout.size.buurten), layout.size.respondents)
    sample = survey.draw_sample(answers, sizes, next(chance))
    listed = lists.list_places(streets, halves, sites, next(chance))
    later, earlier = _waves(words.items, leaning, (answers, sample), next(chance))
    return Town(streets, drawing, census, sites, listed, later, earlier)


def _waves(
    items: tuple[Item, ...],
    leaning: adults.Leaning,
    now: tuple[adults.Adults, survey.Sample],
    rng: np.random.Generator,
) -> tuple[survey.Fieldwork, survey.Fieldwork]:
    """Hold the survey a second time, two years before: some of the same people answered."""
    answers, sample = now
    answers_before = adults.answer_all(adults.before(leaning, rng), items, rng)
    sample_before = survey.draw_before(answers_before, sample, rng)
    panel = survey.number_panel(len(answers.age), (sample_before, sample), rng)
    return (
        survey.Fieldwork(items, answers, sample, panel),
        survey.Fieldwork(items, answers_before, sample_before, panel),
    )


def _draw(
    streets: StreetPlan, halves: parcels.Parcels, sites: tuple[places.Site, ...], rng: np.random.Generator
) -> Drawing:
    parts = (
        *draw_streets(streets, rng),
        *draw_main_roads(streets),
        *draw_trunk(streets),
        *draw_canal(streets),
        *places.draw_parks(streets),
        *places.draw_sites(streets, halves, sites),
    )
    return collected(parts)


def write_town(folder: Path, size: plan.SizeName, seed: int = 20) -> None:
    """Write the example town into `folder`, replacing what an earlier run left there.

    Everything is written beside the folder and renamed into its place, so that a reader sees a whole town or none.

    Parameters
    ----------
    folder
        Where the deliveries go, such as `voorbeeldstad` under the raw folder; its truths in `waarheid` within it.
    size
        `klein` (20,000 inhabitants, 12 buurten) or `groot` (100,000 inhabitants, 60 buurten).
    seed
        The same seed gives the same bytes.

    Raises
    ------
    InputError
        When `size` is not known, or `folder` holds something that is no example town.
    """
    if size not in plan.SIZES:
        raise InputError(f"{size!r} is no size of the example town. Choose one of {sorted(plan.SIZES)}.")
    if folder.exists() and any(folder.iterdir()) and not (folder / TRUTHS).is_dir():
        raise InputError(f"{folder}: holds files that are no example town. Empty it, or name another folder.")
    fresh = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / TRUTHS).mkdir(parents=True)
    try:
        _write(fresh, build_town(size, seed), seed)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(folder: Path, town: Town, seed: int) -> None:
    census, words = town.census, town.streets.words
    write_osm(folder / "streets.osm.pbf", town.drawing)
    cbs_files.write_neighbourhoods(folder / f"wijkenbuurten_{YEAR}.gpkg", census)
    cbs_files.write_postcodes(folder / f"cbs_pc4_{YEAR}.gpkg", folder / f"cbs_pc6_{YEAR}.gpkg", census, YEAR)
    cbs_files.write_squares(folder / f"cbs_vk100_{YEAR}.gpkg", census, YEAR)
    registers.write_addresses(folder / "bag.gpkg", census)
    lists.write_places(folder / "plekken.csv", town.listed)
    schools = lists.list_schools(census.objects, census.parcels, town.sites)
    lists.write_duo(folder / "duo_vestigingen.csv", schools, census.codes)
    lists.write_inventory(folder / "inventaris.csv", words, town.streets.plan, census.codes)
    write_codebook(folder, words.items)
    write_wave(folder, "", (census, town.fieldwork), np.random.default_rng((seed, 1)))
    write_wave(folder, f"_{YEAR_BEFORE}", (census, town.fieldwork_before), np.random.default_rng((seed, 2)))
    registers.write_true_people(folder / TRUTHS / "inwoners_per_adres.parquet", census)
    write_true_means(folder / TRUTHS / "gebiedsgemiddelden.csv", census, town.fieldwork)
    write_true_means(folder / TRUTHS / f"gebiedsgemiddelden_{YEAR_BEFORE}.csv", census, town.fieldwork_before)
    lists.write_twice_listed(folder / TRUTHS / "dubbele_plekken.csv", town.listed)


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Rename the fresh folder to its place; an earlier one is moved aside first and removed last."""
    earlier = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(earlier, ignore_errors=True)
    if folder.exists():
        folder.rename(earlier)
    fresh.rename(folder)
    shutil.rmtree(earlier, ignore_errors=True)
