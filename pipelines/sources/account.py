"""What was seen of one delivery: what was kept of it, and every remark of its reader, in lines for a person.

Here remarks and tables become lines; whether a delivery is right is for its reader and for `pipelines/check.py`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from pipelines.sources.area_file import AreaFile
from pipelines.sources.cbs import columns_known
from pipelines.sources.check import Readings
from pipelines.sources.contracts import UNIT_TYPE_OF
from pipelines.sources.delivery import Delivery
from pipelines.sources.kept import kept_of
from pipelines.sources.remarks import Remark
from pipelines.sources.texts import cut, plain

# Remarks by who made them: a reader, by the name of its table, or a later room.
Told = Mapping[str, tuple[Remark, ...]]
_READER = dict.fromkeys(UNIT_TYPE_OF, "statistics") | {
    "pc4_ages": "statistics",
    "streets": "segments",
    "statline": "context",
    "respondents": "survey",
    "respondents_before": "survey",
}
# All the columns of a CBS layer would fill a screen; the first show of which kind they are.
LONGEST = 400
# Of what persons answered nothing is shown, whatever a reader gives; what they said is told by numbers of records.
_PERSONAL = frozenset({"respondents", "respondents_before"})


@dataclass(frozen=True)
class Account:
    """One delivery: its role and path as the area file gives them, and lines of a label and what it says."""

    role: str
    path: str
    lines: tuple[tuple[str, str], ...]


def merged(parts: Iterable[Told]) -> Told:
    """Put the remarks of several together, each once, under the names they have there."""
    listed = list(parts)
    names = dict.fromkeys(name for part in listed for name in part)
    return {name: tuple(dict.fromkeys(one for part in listed for one in part.get(name, ()))) for name in names}


def accounts(area: AreaFile, read: Readings, remarks: Told) -> tuple[Account, ...]:
    """One account per delivery, in the order of the area file, and a last one for what is of no delivery alone.

    Parameters
    ----------
    area
        What is delivered.
    read
        What the readers gave.
    remarks
        All that is remarkable, of readers and of later rooms; each is told once.
    """
    left = {name: list(told) for name, told in remarks.items()}
    if not area.sources.benches:  # they come from the extract of the places
        left["places"] = left.get("places", []) + left.pop("benches", [])
    found = []
    for role, delivery in _deliveries(area):
        name = _READER.get(role, role)
        own = [one for one in left.get(name, ()) if _is_of(one, role, delivery)]
        left = left | {name: [one for one in left.get(name, ()) if one not in own]}
        kept = (("kept", text) for text in kept_of(role, delivery, area, read))
        columns = (("columns", text) for text in columns_known(role, delivery))
        read_rows, told = _lines(own, is_personal=role in _PERSONAL)
        lines = (("vintage", str(delivery.vintage)), *read_rows, *kept, *columns, *told)
        found.append(Account(role, _shown(delivery.path), lines))
    rest = tuple((label, f"{text} ({one.source})") for one in chain(*left.values()) for label, text in (_line(one),))
    return (*found, Account("together", "", rest)) if rest else tuple(found)


def _deliveries(area: AreaFile) -> Iterator[tuple[str, Delivery]]:
    for role in type(area.sources).model_fields:
        yield from ((role, delivery) for delivery in area.sources.of(role))


def _is_of(remark: Remark, role: str, delivery: Delivery) -> bool:
    """Whether a remark names this delivery: its path, and of a layer that is called like its role, that layer."""
    path, _, layer = remark.source.partition(":")
    return path in delivery.files() and (layer in {"", delivery.layer, role} or role not in _SEVERAL)


# Levels that lie in one file, a layer each; of others the reader chose the only layer there is.
_SEVERAL = frozenset({"buurten", "wijken", "gemeenten"})


def _lines(remarks: Iterable[Remark], *, is_personal: bool) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Lines of what was read, which are told first, and of all else."""
    lines = [_line(one, is_personal=is_personal) for one in remarks]
    return [line for line in lines if line[0] == "read"], [line for line in lines if line[0] != "read"]


def _line(remark: Remark, *, is_personal: bool = False) -> tuple[str, str]:
    examples = f": {remark.examples}" if remark.examples and not is_personal else ""
    if remark.action == "noted":  # a sentence with numbers of its own
        return "noted", _shown(f"{remark.problem}{examples}")
    rows = f"{remark.rows:,} " if remark.rows else ""
    return remark.action.replace("_", " "), _shown(f"{rows}{remark.problem}{examples}")


def _shown(text: str) -> str:
    return cut(plain(text), LONGEST)
