"""What was read of an area's deliveries, for who asks for the same next: nothing is read twice in one run.

Checking reads all that the steps of a run read. What a reader gave is kept as long as the area file and every file it
names are as they were; whoever is the last to need it takes it away, so that no table outlives its use.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from pipelines.sources.area_file import AreaFile
from pipelines.sources.guard import glob_safe

Arguments = ParamSpec("Arguments")
Read = TypeVar("Read")
Stamp = tuple[object, ...]
# By the name of its reader, what it gave and of which state of the files: one entry per reader, whatever the area.
Memory = dict[str, tuple[Stamp, Any]]


@dataclass(frozen=True)
class Recall:
    """A memory that whoever runs the readers holds, and the state of the files that is asked about now."""

    memory: Memory
    stamp: Stamp

    def once(self, reader: Callable[Arguments, Read], *arguments: Arguments.args, **options: Arguments.kwargs) -> Read:
        """Give what a reader gives, or gave before of the same files, and keep it."""
        known = self.memory.get(reader.__name__)
        if known is None or known[0] != self.stamp:
            known = (self.stamp, reader(*arguments, **options))
            self.memory[reader.__name__] = known
        return cast("Read", known[1])

    def last(self, reader: Callable[Arguments, Read], *arguments: Arguments.args, **options: Arguments.kwargs) -> Read:
        """Give what a reader gives, or gave before of the same files, and forget it."""
        stamp, known = self.memory.pop(reader.__name__, (None, None))
        return cast("Read", known) if stamp == self.stamp else reader(*arguments, **options)


def recall(memory: Memory, area: AreaFile, raw: Path) -> Recall:
    """Ask a memory about the deliveries of an area as they lie in the raw folder now."""
    files = {raw / name for delivery in area.sources.all() for name in delivery.files()}
    states = tuple(state for file in sorted(files) for state in _states(file))
    return Recall(memory, (area.model_dump_json(), str(raw), states))


def _states(file: Path) -> Iterator[Stamp]:
    """Size and times of a file and of those that belong to it, such as the .dbf of a Shapefile.

    A link to nothing and a file in a closed folder have none; what is wrong with them is for their reader to say.
    """
    for part in sorted(file.parent.glob(f"{glob_safe(file.stem)}.*")):
        with suppress(OSError):
            found = part.stat()
            yield part.name, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
