"""The map page (`kaart.html`): inhabited H3 cells in classes, districts on top, the same numbers in a table.

Here layers, legends and rows become one page that asks for nothing beyond itself. What they hold is decided in
`layers.py`, colours and breaks in `classes.py`, words in `words.yaml`, the looks in `templates/`.
"""

from functools import cache
from typing import Any

import folium
from folium.utilities import JsCode

from pipelines.pages.classes import Variant, is_lower_bound, legend, ordered_profiles, title, variants
from pipelines.pages.colophon import Colophon, attributions, budget_words
from pipelines.pages.figures import PublishedTables, districts
from pipelines.pages.layers import (
    Layer,
    alphabetical,
    coloured_layer,
    cut_to_extent,
    district_rows,
    headings,
    inhabited_cells,
)
from pipelines.pages.rendering import asset_text, leaflet_script, leaflet_style, render
from pipelines.pages.words import words
from pipelines.sources.area_file import AreaFile
from pipelines.sources.place_kinds import booklet_kinds

MAX_FEATURES = 5_000  # above this a page takes seconds to open and tens of megabytes
# The layers that folium draws, the lowest first; their names are those of `map.js`.
_LAYERS: dict[str, dict[str, Any]] = {
    "vakjes": {"smooth_factor": 0, "interactive": False, "style": JsCode("kaart.stijl.vakjes")},
    "gebieden": {"smooth_factor": 0.5, "style": JsCode("kaart.stijl.gebieden")},
}
_BEGIN = "kaart.begin(map_kaart, geo_json_vakjes, geo_json_gebieden);"
# Width of an H3 cell at 52 degrees north, from side to side, for the words under the map.
CELL_WIDTH_M = {9: 320, 10: 120, 11: 45}


def map_page(tables: PublishedTables, area: AreaFile, colophon: Colophon) -> str:
    """The map page as HTML text.

    Parameters
    ----------
    tables
        The published tables; `tables.areas` holds at least `h3`, `buurt` and `pc4`.
    area
        The area file: title, year, profiles, which kinds of place were delivered.
    colophon
        Sources, licences, budgets and release.

    Returns
    -------
    str
        One HTML document with Leaflet inside; the same arguments give the same text. With more cells and districts
        than `MAX_FEATURES` the districts carry the colours, and the page says so.
    """
    shown, area_type = variants(area.profiles), districts(tables)
    rows = {profile: district_rows(tables, profile) for profile in ordered_profiles(area.profiles)}
    listed = {profile: alphabetical(of_profile) for profile, of_profile in rows.items()}
    inhabited = inhabited_cells(tables)
    is_small = len(inhabited.areas["h3"]) + len(tables.areas[area_type]) <= MAX_FEATURES
    cells = coloured_layer(inhabited, "h3", shown) if is_small else None
    outlines = coloured_layer(cut_to_extent(tables, area), area_type, shown, rows)
    missing = {reason for of_profile in rows.values() for row in of_profile for reason in row.reasons}
    return render(
        "map.html",
        styles=(leaflet_style(), asset_text("page.css"), asset_text("map.css")),
        scripts=(leaflet_script(), asset_text("map.js"), folium_script()),
        shown=_shown_on_the_map(cells, outlines, area_type),
        area=area,
        colophon=colophon,
        attributions=attributions(colophon.sources),
        budgets={budget.profile: budget_words(budget) for budget in colophon.budgets},
        variants=[_described(variant, number, cells or outlines) for number, variant in enumerate(shown)],
        has_cells=is_small,
        cell_width_m=CELL_WIDTH_M[area.h3_resolution],
        listed=listed,
        headings=headings(area_type),
        district=words().districts[area_type],
        has_districts=bool(outlines.features["features"]),
        reasons=[word for reason, word in words().reasons.items() if reason in missing],
        unknown_kinds=[
            words().place_kinds[kind].nl for kind in booklet_kinds() if area.place_kinds[kind] != "complete"
        ],
    )


def _described(variant: Variant, number: int, layer: Layer) -> dict[str, Any]:
    return {
        "key": variant.key,
        "profile": variant.profile,
        "indicator": variant.scale.indicator,
        "colours": variant.scale.colours,
        "title": title(variant),
        "legend": legend(layer.marks[number], variant.scale),
        "is_lower_bound": is_lower_bound(layer.figures[number], variant.scale),
    }


def _shown_on_the_map(cells: Layer | None, outlines: Layer, area_type: str) -> dict[str, Any]:
    """What `map.js` draws and says: the features of both layers, and the heading of every line of a tooltip."""
    return {
        "vakjes": None if cells is None else cells.features,
        "gebieden": outlines.features,
        "koppen": list(headings(area_type).items()),
    }


@cache
def folium_script() -> str:
    """JavaScript of the map as folium writes it, around layers that are still empty.

    folium puts what it is given through a template twice. It therefore gets nothing that was delivered: the text is the
    same for every release, and `map.js` fills the layers from the JSON in the page.
    """
    plain = folium.Map(
        location=[52.2, 5.3], zoom_start=7, tiles=None, zoom_control=False, attribution_control=False, zoom_snap=0.25
    )
    plain._id = "kaart"  # noqa: SLF001 - folium's names are random; the same tables must give the same page
    for name, options in _LAYERS.items():
        layer = folium.GeoJson({"type": "FeatureCollection", "features": []}, control=False, **options)
        layer._id = name  # noqa: SLF001 - idem
        layer.add_to(plain)
    figure = plain.get_root()
    figure.render()
    # folium's own page around the script (its head and its loose styles) is left: the template has ours.
    script: str = figure.script.render()  # type: ignore[attr-defined]  # the root of a map is branca's Figure
    return f"{script}\n{_BEGIN}"
