"""What there is to fetch for an area: one order per path that its area file gives a `fetch`. Nothing is asked here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import shapely

from pipelines import geo
from pipelines.errors import InputError
from pipelines.sources.area_file import AreaFile
from pipelines.sources.attempts import read_all
from pipelines.sources.cbs import BUFFER_M, read_municipality
from pipelines.sources.delivery import Delivery
from pipelines.sources.fetch.features import features_url
from pipelines.sources.fetch.registry import Registry, RegistryError, Source
from pipelines.sources.fetch.statline import Table, table_url


@dataclass(frozen=True)
class Order:
    """One file to fetch: its path under the raw folder, the source (`fetch` as the area file says it) and its year."""

    path: str
    fetch: str
    source: Source
    year: int
    url: str
    ground: str
    gemeenten: tuple[str, ...]

    @property
    def table(self) -> Table:
        """The StatLine table it stands for."""
        return Table(self.url, self.source.region_dimension, self.gemeenten, self.year)

    def first_url(self, area: AreaFile, raw: Path) -> str:
        """The address that is asked first; of features in an area, with the box around its buurten.

        Raises
        ------
        SourceError
            When the buurten are needed and not there yet.
        """
        if self.source.service == "odata":
            return table_url(self.table)
        if self.source.service == "ogc_features":
            return features_url(self.url, box_of(area, raw) if self.source.scope == "area" else None)
        return self.url


def orders(area: AreaFile, registry: Registry) -> tuple[Order, ...]:
    """Every file to fetch, in the order of the area file.

    Raises
    ------
    InputError
        A year the registry does not have, one path for two things: all are told at once.
    """
    named = sorted((one for one in area.sources.all() if one.fetch), key=lambda delivery: delivery.path)
    groups = {path: tuple(group) for path, group in groupby(named, key=lambda delivery: delivery.path)}
    paths = dict.fromkeys(one.path for one in area.sources.all() if one.fetch)
    return tuple(read_all(lambda p=path: _order(groups[p], area, registry) for path in paths))  # type: ignore[misc]


def _order(deliveries: tuple[Delivery, ...], area: AreaFile, registry: Registry) -> Order:
    one = deliveries[0]
    asked = {(str(delivery.fetch), delivery.vintage) for delivery in deliveries}
    if len(asked) > 1:
        raise InputError(f"{one.path}: stands for {sorted(asked)}. Give each its own `path` in the area file.")
    source, variant = registry.find(str(one.fetch))
    if one.vintage not in source.years:
        raise RegistryError(
            f"{one.path}: {one.fetch} of {one.vintage} is not in the registry; it has {sorted(source.years)}. Correct "
            f"`vintage`, or take `fetch` out and put the file there by hand ({source.page_of(one.vintage)})."
        )
    _refuse_suffix(one.path, source)
    ground = _ground(area) if source.scope == "area" else ""
    address = source.address(one.vintage, variant)
    return Order(one.path, str(one.fetch), source, one.vintage, address, ground, area.gemeenten)


def _refuse_suffix(path: str, source: Source) -> None:
    """GDAL and our readers go by the end of a name."""
    ends = {"gpkg": ".gpkg", "zip": ".zip", "pbf": ".osm.pbf", "csv": ".csv", "geojson": ".geojson"}
    end = ends.get(source.content, ".parquet")
    if not path.endswith(end):
        raise InputError(f"{path}: what is fetched is a {end} file. Let `path` in the area file end so.")


def _ground(area: AreaFile) -> str:
    extent = "" if area.extent is None else f"extent {' '.join(f'{edge:.0f}' for edge in area.extent)}"
    return " ".join(filter(None, (*area.gemeenten, extent)))


def box_of(area: AreaFile, raw: Path) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees around an area and the 1,300 m beyond it that count for reach."""
    whole = area.extent if area.sources.buurten is None else None
    west, south, east, north = whole or shapely.bounds(read_municipality(area, raw).outline).tolist()
    x_m = np.array([west - BUFFER_M, east + BUFFER_M])[[0, 0, 1, 1]]
    y_m = np.array([south - BUFFER_M, north + BUFFER_M])[[0, 1, 0, 1]]
    longitude, latitude = geo.to_wgs84(x_m, y_m)
    return float(longitude.min()), float(latitude.min()), float(longitude.max()), float(latitude.max())


def by_hand(missing: Iterable[Order]) -> Iterator[str]:
    """What somebody without this program needs to carry files: where each comes from and where it goes."""
    for order in missing:
        url = table_url(order.table) if order.source.service == "odata" else order.url
        unpack = f", and take {order.source.member} out of the zip" if order.source.member else ""
        paged = {"odata": " (StatLine, in pages)", "ogc_features": " (in pages, as one GeoJSON)"}
        page = order.source.page_of(order.year)
        yield f"{order.path}: get {url}{paged.get(order.source.service, '')}{unpack}. Page: {page}"
