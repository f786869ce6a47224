"""The map page (`kaart.html`): inhabited H3 cells in classes, districts on top, the same numbers in a table.

Here layers, legends and rows become one page that asks for nothing beyond itself. What they hold is decided in
`layers.py`, colours and breaks in `classes.py`, words in `words.yaml`, the looks in `templates/`.
"""

from typing import Any

import folium
from folium.utilities import JsCode

from pipelines.pages.classes import Variant, is_lower_bound, legend, ordered_profiles, title, variants
from pipelines.pages.colophon import Colophon, attributions, budget_words
from pipelines.pages.figures import PublishedTables, districts
from pipelines.pages.geojson import Feature
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
        scripts=(leaflet_script(), asset_text("map.js"), _folium_script(cells, outlines, area_type)),
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


def _folium_script(cells: Layer | None, outlines: Layer, area_type: str) -> str:
    """JavaScript of the map as folium writes it; folium's own page around it is left, the template has ours."""
    plain = folium.Map(
        location=[52.2, 5.3], zoom_start=7, tiles=None, zoom_control=False, attribution_control=False, zoom_snap=0.25
    )
    plain._id = "kaart"  # noqa: SLF001 - folium's names are random; the same tables must give the same page
    below = None if cells is None else _geojson(cells.features, "vakjes", smooth_factor=0, interactive=False)
    above = _geojson(outlines.features, "gebieden", smooth_factor=0.5)
    if outlines.features["features"]:
        # Texts are escaped in the properties; folium itself escapes nothing here.
        shown = headings(area_type)
        folium.GeoJsonTooltip(fields=list(shown), aliases=list(shown.values()), opacity=1).add_to(above)
    for layer in (below, above):
        if layer is not None:
            layer.add_to(plain)
    figure = plain.get_root()
    figure.render()
    # folium's own page around the script (its head and its loose styles) is left: the template has ours.
    script: str = figure.script.render()  # type: ignore[attr-defined]  # the root of a map is branca's Figure
    begin = f"kaart.begin({plain.get_name()}, {'null' if below is None else below.get_name()}, {above.get_name()});"
    return f"{script}\n{begin}"


def _geojson(features: Feature, identity: str, *, smooth_factor: float, **options: Any) -> folium.GeoJson:  # noqa: ANN401 - Leaflet's own options
    style = JsCode(f"function (feature) {{ return kaart.stijl(feature, {identity!r}); }}")
    layer = folium.GeoJson(features, control=False, smooth_factor=smooth_factor, style=style, **options)
    layer._id = identity  # noqa: SLF001 - idem
    return layer
