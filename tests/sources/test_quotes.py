"""What a quote gives away of who said it, and how a role is told."""

import pytest

from pipelines.sources.quotes import HOME, HOW_TO_REACH, NAME, general_role, gives_away, points_to_one


@pytest.mark.parametrize(
    "text",
    [
        "Bel 06-12345678 als u komt.",
        "0612345678",
        "+31 6 1234 5678",
        "+31 (0)6 12345678",
        "0031612345678",
        "(020) 123 45 67",
        "Mijn telefoonnummer is 1234567.",
        "Mail naar jan.jansen@example.nl",
        "jan (at) example.nl",
        "Ik ben @buurvrouw op X",
    ],
)
def test_a_way_to_reach_somebody_is_found_however_it_is_written(text: str) -> None:
    assert gives_away(text) == HOW_TO_REACH


@pytest.mark.parametrize(
    "text",
    [
        "Ik woon in de Kerkstraat 12.",
        "kerkstraat 12b is leeg",
        "Op 1234 AB is het stil.",
        "9901AA",
        "9901aa",
        "Lange Laan nr. 5",
        "naast de Brink 7",
        "aan het Lange Voorhout 12 a",
        "Ik woon op nummer 14.",
        "huisnummer 3",
    ],
)
def test_a_home_is_found_however_it_is_written(text: str) -> None:
    assert gives_away(text) == HOME


@pytest.mark.parametrize(
    "text",
    [
        "Mevrouw Jansen helpt iedereen.",
        "dhr. van der Berg",
        "Ik vroeg het aan meneer De Vries.",
        "imam Yusuf kent ons",
        "Ik heet Fatima",
        "mijn naam is Élise",
    ],
)
def test_a_name_after_a_title_is_found(text: str) -> None:
    assert gives_away(text) == NAME


@pytest.mark.parametrize(
    "text",
    [
        "In 2024 is het plein veranderd.",
        "Om 06:30 uur, op 06-03-2024.",
        "Voor een brood loop ik de hoofdweg 300 meter af.",
        "Er staan 12 bankjes; 3 zijn stuk.",
        "Bel 112 of 0800 1234.",
        "De 60-plussers komen op 2 dagen.",
        "Mevrouw, zei zij, kom binnen.",
        "Ik kom hier al 30 jaar, vanaf 1994 of 1995.",
        "Bij groep 8 en op bus 12.",
        "Het plein 20 jaar geleden was anders.",
    ],
)
def test_what_points_to_nobody_is_let_through(text: str) -> None:
    assert gives_away(text) == ""


@pytest.mark.parametrize(
    ("said_by", "told"),
    [
        ("bewoner", "bewoner"),
        ("Bewoner, 60 plus", "Bewoner, 60 plus"),
        ("bewoner (65+)", "bewoner"),
        ("jonge vader", "jonge vader"),
        ("bewoner met rollator", "bewoner met rollator"),
        ("winkelier", "winkelier"),
        ("wijkverpleegkundige", "wijkverpleegkundige"),
        ("bewoner van 83", "bewoner"),
        ("mevrouw Jansen", "bewoner"),
        ("Jansen", "bewoner"),
        ("bewoner Jansen", "bewoner"),
        ("voorzitter van de moskee", "professional"),
        ("huisarts", "professional"),
        ("medewerker van het woonzorgcentrum", "professional"),
        ("lid van de cliëntenraad", "bewoner"),
        ("bewoner, 06-12345678", "bewoner"),
        ("met rollator", "bewoner"),
        ("", "bewoner"),
    ],
)
def test_a_role_of_listed_words_is_told_as_it_is_and_any_other_in_general(said_by: str, told: str) -> None:
    assert general_role(said_by) == told


def test_a_role_that_one_person_has_is_seen_in_a_quote() -> None:
    assert points_to_one("Onze huisarts kent iedereen.")
    assert not points_to_one("De buurvrouw kent iedereen.")
