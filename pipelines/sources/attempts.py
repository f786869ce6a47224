"""Try several readers, and tell everything that is wrong in one go instead of the first thing only."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pipelines.errors import InputError, SourceError

Read = TypeVar("Read")


def attempt(read: Callable[[], Read]) -> tuple[Read | None, tuple[str, ...]]:
    """What a reader gives and nothing wrong, or nothing and what is wrong, one sentence (or more) each."""
    try:
        return read(), ()
    except InputError as error:
        return None, tuple(str(error).split("\n"))


def read_all(readers: Iterable[Callable[[], Read]]) -> list[Read]:
    """What every reader gives, in their order.

    Raises
    ------
    SourceError
        When one or more fail: what each of them said, a line each.
    """
    tried = [attempt(read) for read in readers]
    wrong = dict.fromkeys(sentence for _, sentences in tried for sentence in sentences)
    if wrong:
        raise SourceError("\n".join(wrong))
    return [found for found, _ in tried if found is not None]
