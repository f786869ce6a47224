"""The survey of the example town: its sample, its files, and the truths they can be held against."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.example.adults import RISEN_BUURT, Adults, scale_scores
from pipelines.example.survey import NO_PANEL, draw_sample, sample_sizes
from pipelines.example.town import Town
from pipelines.example.words import Item, read_kinds, read_words
from pipelines.sources.instrument import instruments


@pytest.fixture(scope="module")
def answers(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "enquete.csv", sep=";", decimal=",")


@pytest.fixture(scope="module")
def codebook(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "codeboek.csv", sep=";").set_index("item")


def item(name: str, scale: str, *, turned: bool) -> Item:
    return Item(
        item=name, schaal=scale, tekst_nl="a", tekst_en="a", hoogste=5, omgekeerd="ja" if turned else "nee",
        weet_niet=9, midden=3,
    )  # fmt: skip


def adults_with(answers: list[list[int]]) -> Adults:
    index = np.arange(len(answers))
    return Adults(index, np.zeros_like(index), np.full_like(index, 40), np.array(answers))


def test_a_score_by_hand_turns_reversed_items_round() -> None:
    items = (item("v1", "m1", turned=False), item("v2", "m1", turned=True), item("v3", "m2", turned=False))
    scores = scale_scores(adults_with([[5, 1, 1], [1, 5, 5], [3, 3, 3], [4, 1, 2]]), items, "m1")
    assert scores.tolist() == [10.0, 0.0, 5.0, 8.75]


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=80), st.integers(0, 3_000))
def test_nobody_asks_more_adults_than_there_are(adults: list[int], respondents: int) -> None:
    sizes = sample_sizes(np.array(adults), respondents)
    assert (sizes >= 0).all()
    assert (sizes <= np.array(adults)).all()


def test_weights_add_up_to_the_adults_of_each_buurt(klein: Town) -> None:
    adults, sample = klein.fieldwork.adults, klein.fieldwork.sample
    buurt = adults.buurt[sample.adult]
    assert len(np.unique(sample.adult)) == len(sample.adult)
    assert np.allclose(np.bincount(buurt, weights=sample.weight), np.bincount(adults.buurt))
    assert np.ptp(sample.weight[buurt == buurt[-1]]) > 1


def test_a_census_of_a_buurt_has_weight_one_for_each(rng: np.random.Generator) -> None:
    sample = draw_sample(adults_with([[1]] * 6), np.array([6]), rng)
    assert sorted(sample.adult.tolist()) == list(range(6))
    assert sample.weight.tolist() == pytest.approx([1.0] * 6)


def test_respondents_are_about_nine_hundred_with_one_or_two_buurten_under_thirty(answers: pd.DataFrame) -> None:
    per_buurt = answers.groupby("buurtcode").size()
    assert 880 <= len(answers) <= 920
    assert len(per_buurt) == 12
    assert 1 <= (per_buurt < 30).sum() <= 2
    assert answers.respondent.is_unique
    assert list(answers.columns[:6]) == ["respondent", "buurtcode", "gewicht", "wijze", "leeftijd", "woonvorm"]


def test_answers_stay_within_the_codebook(answers: pd.DataFrame, codebook: pd.DataFrame) -> None:
    for name, row in codebook.iterrows():
        given_answers = answers[str(name)].dropna()
        allowed = {*range(int(row.laagste), int(row.hoogste) + 1), *({9} if row.weet_niet == 9 else set())}
        assert set(given_answers.astype(int)) <= allowed
        assert 0.005 < answers[str(name)].isna().mean() < 0.06
    assert (answers.v1 == 9).sum() > 5
    assert (answers.v11 != 9).all()


def test_the_first_scale_has_one_reversed_item_that_points_the_other_way(
    answers: pd.DataFrame, codebook: pd.DataFrame
) -> None:
    items = codebook[codebook.vraag.isin(["v1", "v2", "v3", "v4"])]
    assert list(items.omgekeerd) == ["nee", "nee", "nee", "ja"]
    known = answers[list(items.index)].where(lambda value: value != 9)
    correlation = known.corr()
    assert (correlation.loc["v4", ["v1", "v2", "v3"]] < -0.2).all()
    assert (correlation.loc["v1", ["v2", "v3"]] > 0.2).all()


def test_true_means_are_those_of_everybody_not_only_of_who_answered(folder: Path, klein: Town) -> None:
    truth = pd.read_csv(folder / "waarheid" / "gebiedsgemiddelden.csv")
    fieldwork = klein.fieldwork
    score = pd.Series(scale_scores(fieldwork.adults, fieldwork.items, "m1_contact"))
    contact = truth[truth.scale == "m1_contact"].set_index("area_code")
    codes = klein.census.codes
    for level in (codes.buurt, codes.wijk, codes.gemeente):
        means = score.groupby(level[fieldwork.adults.buurt]).mean()
        assert np.allclose(contact.loc[means.index, "mean"], means, atol=1e-6)
    assert truth["mean"].between(0, 10).all()
    assert set(truth.scale) >= {"m1_contact", "m2_network"}
    assert contact[contact.area_type == "buurt"].adults.sum() == contact.loc["GM9999", "adults"]


def test_the_weighted_sample_comes_near_the_true_mean(klein: Town, folder: Path) -> None:
    fieldwork = klein.fieldwork
    score = scale_scores(fieldwork.adults, fieldwork.items, "m1_contact")[fieldwork.sample.adult]
    truth = pd.read_csv(folder / "waarheid" / "gebiedsgemiddelden.csv").set_index(["area_code", "scale"])
    estimate = np.average(score, weights=fieldwork.sample.weight)
    assert abs(estimate - truth.loc[("GM9999", "m1_contact"), "mean"]) < 0.25


def test_areas_differ_more_than_chance_would_make_them(folder: Path) -> None:
    truth = pd.read_csv(folder / "waarheid" / "gebiedsgemiddelden.csv")
    buurten = truth[(truth.scale == "m1_contact") & (truth.area_type == "buurt") & (truth.adults > 100)]
    assert buurten["mean"].std() > 0.3


def test_quotes_have_a_role_a_day_and_a_known_buurt_and_two_have_no_consent(folder: Path, klein: Town) -> None:
    quotes = pd.read_csv(folder / "inventaris.csv", sep=";", keep_default_na=False)
    assert 14 <= len(quotes) <= 18
    assert (quotes.toestemming == "nee").sum() == 2
    assert set(quotes.buurtcode) - {""} <= set(klein.census.codes.buurt)
    assert quotes.datum.str.fullmatch(r"2024-\d\d-\d\d").all()
    assert (quotes.gezegd_door != "").all()


def test_lists_are_written_the_dutch_way(folder: Path) -> None:
    places = (folder / "plekken.csv").read_text(encoding="utf-8").splitlines()
    assert places[0] == "nummer;naam;soort;x;y;oppervlakte;rolstoel"
    assert all(len(line.split(";")) == 7 and "," in line.split(";")[3] for line in places[1:])


def test_words_and_kinds_are_complete() -> None:
    words, kinds = read_words(), read_kinds()
    assert {tag for kind in kinds.values() for tag in (*kind.places, *kind.further)} <= set(words.place_types)
    assert {quote.kind for quote in words.inventory} - {""} <= set(kinds)
    assert all(sum(kind.household_sizes) == pytest.approx(1) for kind in kinds.values())


def test_every_question_is_one_of_the_instrument_in_its_very_words(codebook: pd.DataFrame) -> None:
    asked = instruments()["samenhang"].items
    assert set(codebook.vraag) == set(asked)
    for name, row in codebook.iterrows():
        question = asked[str(name)]
        assert (row.tekst_nl, row.tekst_en) == (question.nl, question.en)
        assert (row.laagste, row.hoogste, row.omgekeerd == "ja") == (
            question.lowest, question.highest, question.is_reversed,
        )  # fmt: skip


def test_strata_and_margins_are_those_of_all_adults(folder: Path, klein: Town, answers: pd.DataFrame) -> None:
    strata = pd.read_csv(folder / "steekproef.csv", sep=";").set_index("stratum")
    margins = pd.read_csv(folder / "marges.csv", sep=";")
    adults = klein.fieldwork.adults
    assert strata.inwoners.sum() == margins.inwoners.sum() == len(adults.age)
    answered = answers.groupby("buurtcode").size()
    assert (strata.gevraagd[answered.index] >= answered).all()
    assert (strata.gevraagd <= strata.inwoners).all()
    # Who is older answered more often than there are of them.
    old = margins.inwoners[margins.categorie.isin(["65-74", "75-120"])].sum() / margins.inwoners.sum()
    assert (answers.leeftijd >= 65).mean() > old + 0.02


def test_some_of_those_who_answered_before_answer_again_and_most_do_not(klein: Town, folder: Path) -> None:
    now, before = klein.fieldwork, klein.fieldwork_before
    both = np.intersect1d(now.sample.adult, before.sample.adult)
    assert 0.3 < len(both) / len(now.sample.adult) < 0.45
    assert sorted(now.panel[both]) == list(range(1, len(both) + 1))
    assert (np.delete(now.panel, both) == NO_PANEL).all()
    waves = [pd.read_csv(folder / f"enquete{ending}.csv", sep=";", decimal=",") for ending in ("", "_2022")]
    members = [wave.panelnummer.dropna() for wave in waves]
    assert set(members[0]) == set(members[1])
    assert members[0].is_unique
    assert len(waves[1]) == len(waves[0])


def test_both_waves_weigh_up_to_the_same_adults_of_every_buurt(klein: Town) -> None:
    before = klein.fieldwork_before
    per_buurt = np.bincount(before.adults.buurt[before.sample.adult], weights=before.sample.weight)
    assert np.allclose(per_buurt, np.bincount(before.adults.buurt))
    assert (before.adults.age <= klein.fieldwork.adults.age).all()
    assert before.adults.age.min() == 18


def test_one_buurt_rose_much_and_the_others_changed_little(klein: Town) -> None:
    scores = [scale_scores(wave.adults, wave.items, "m1_contact") for wave in (klein.fieldwork_before, klein.fieldwork)]
    buurt = klein.fieldwork.adults.buurt
    rise = pd.Series(scores[1] - scores[0]).groupby(buurt).mean()
    assert rise[RISEN_BUURT] > 0.9
    assert rise.drop(RISEN_BUURT).abs().max() < 0.5


def test_who_answers_twice_answers_much_alike(klein: Town) -> None:
    both = klein.fieldwork.panel != NO_PANEL
    scores = [
        scale_scores(wave.adults, wave.items, "m1_contact")[both] for wave in (klein.fieldwork_before, klein.fieldwork)
    ]
    assert 0.4 < np.corrcoef(*scores)[0, 1] < 0.95
