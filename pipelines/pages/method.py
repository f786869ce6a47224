"""The page `methode.html`: how the figures are made, what proves them, and what they cannot say.

Every topic is a fragment `templates/method/<topic>.html`. A fragment holds prose; a number that the computation uses
comes from where it stands, and a number that was measured from the file that the measuring wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.findings.catalogue import catalogue
from pipelines.pages.colophon import Colophon
from pipelines.pages.rendering import TEMPLATES, asset_text, render
from pipelines.protection.thresholds import BASE, RESPONDENT_BOUNDS, SHOWN_FROM
from pipelines.sources.area_file import AreaFile

FOLDER = "method"


@dataclass(frozen=True)
class Chapter:
    """A heading in Dutch and English, and the fragments below it in the order in which somebody reads them."""

    anchor: str
    nl: str
    en: str
    topics: tuple[str, ...]

    @property
    def templates(self) -> tuple[str, ...]:
        """The fragments that are there, as paths of templates."""
        paths = (f"{FOLDER}/{topic}.html" for topic in self.topics)
        return tuple(path for path in paths if (TEMPLATES / path).exists())


CHAPTERS = (
    Chapter("lopen", "Hoe ver mensen lopen", "How far people walk", ("grenzen", "gebieden")),
    Chapter(
        "bewoners",
        "Wat bewoners zeggen",
        "What residents say",
        ("weging", "kleine-gebieden", "dekking", "spreiding", "verandering"),
    ),
    Chapter("verborgen", "Wat verborgen blijft", "What stays hidden", ("afronding", "sleutel", "onthulling")),
    Chapter("cijfers", "Alle cijfers, en wat zij betekenen", "Every figure, and what it means", ("begrippen",)),
)


def method_page(area: AreaFile, colophon: Colophon, facts: Mapping[str, object]) -> str:
    """The page as HTML text; it needs no script.

    Parameters
    ----------
    area
        The area file.
    colophon
        Sources, licences and release.
    facts
        What fragments show besides prose, as `facts.<name>`.
    """
    return render(
        "method.html",
        styles=(asset_text("page.css"), asset_text("index.css")),
        area=area,
        colophon=colophon,
        chapters=[chapter for chapter in CHAPTERS if chapter.templates],
        indicators=catalogue(),
        people={"base": BASE, "shown_from": SHOWN_FROM, "fewest_direct": RESPONDENT_BOUNDS[1]},
        facts=facts,
    )
