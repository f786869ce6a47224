"""Which groups of people lie within which: of ages by their years, of households within everybody alone."""

from collections.abc import Sequence

from pipelines.people.groups import Group

EVERYBODY = "all"


def size_of(group: Group) -> tuple[bool, int, str]:
    """Groups that hold others come first: everybody, then ages by how many years they span, then households."""
    years = 0 if group.is_households else group.high - group.low
    return (group.name == EVERYBODY, years, group.name)


def _holds(outer: Group, inner: Group) -> bool:
    if outer.is_households or outer.name == inner.name:
        return False
    if outer.name == EVERYBODY:
        return True
    return not inner.is_households and outer.low <= inner.low and inner.high <= outer.high


def holder_of(group: Group, groups: Sequence[Group]) -> Group | None:
    """The smallest group that holds another; None of everybody."""
    return min((other for other in groups if _holds(other, group)), key=size_of, default=None)


def groups_within(groups: Sequence[Group]) -> list[tuple[int, list[int]]]:
    """Of each group that holds others, its number and theirs; ages and households apart, as these are not exclusive."""
    found = []
    for number, holder in enumerate(groups):
        for households in (False, True):
            inner = [
                other
                for other, group in enumerate(groups)
                if group.is_households == households and holder_of(group, groups) is holder
            ]
            if inner:
                found.append((number, inner))
    return found
