"""What people do to an area file: lines, keys, values, paths, sizes."""

from collections.abc import Callable, Mapping

from tests.mutations.byte_changes import Rng
from tests.mutations.list_changes import NASTY

TextChange = Callable[[Rng, str], str]
VALUES = (
    "2023", "1900", "99999999999999999999", "0o20", "12:30", ".inf", ".nan", "null", "yes", "[a, b]", "{a: b}",
    "../../etc/passwd", "/etc/passwd", r"C:\data\a.gpkg", "voorbeeldstad/plekken.csv", "voorbeeldstad/bag.gpkg",
    "voorbeeldstad/cbs_pc6_2024.gpkg", "voorbeeldstad", "GM0014", "buurten", "EPSG:4326", "complete", "not_delivered",
    "!!python/object:os.system x", "*geen", "&a [*a]", "'" + "x" * 5_000 + "'", "CC0-1.0", "2024-02-31",
)  # fmt: skip


def _line(rng: Rng, lines: list[str]) -> int:
    """The number of a line that says something."""
    return int(rng.choice([number for number, line in enumerate(lines) if ":" in line and "#" not in line]))


def _of_lines(change: Callable[[Rng, list[str], int], list[str]]) -> TextChange:
    def changed(rng: Rng, text: str) -> str:
        lines = text.splitlines()
        return "\n".join(change(rng, lines, _line(rng, lines))) + "\n"

    changed.__name__ = change.__name__
    return changed


def line_lost(_rng: Rng, lines: list[str], at: int) -> list[str]:
    return lines[:at] + lines[at + 1 :]


def line_doubled(_rng: Rng, lines: list[str], at: int) -> list[str]:
    return [*lines[: at + 1], *lines[at:]]


def line_moved(rng: Rng, lines: list[str], at: int) -> list[str]:
    rest = lines[:at] + lines[at + 1 :]
    to = int(rng.integers(len(rest)))
    return [*rest[:to], lines[at], *rest[to:]]


def line_indented(rng: Rng, lines: list[str], at: int) -> list[str]:
    return [*lines[:at], str(rng.choice([" ", "  ", "\t", "- "])) + lines[at], *lines[at + 1 :]]


def value_changed(rng: Rng, lines: list[str], at: int) -> list[str]:
    return [*lines[:at], f"{lines[at].split(':', 1)[0]}: {rng.choice(VALUES)}", *lines[at + 1 :]]


def value_nasty(rng: Rng, lines: list[str], at: int) -> list[str]:
    return [*lines[:at], f"{lines[at].split(':', 1)[0]}: {rng.choice(NASTY)}", *lines[at + 1 :]]


def value_of_another(rng: Rng, lines: list[str], at: int) -> list[str]:
    other = lines[_line(rng, lines)].split(":", 1)[1]
    return [*lines[:at], f"{lines[at].split(':', 1)[0]}:{other}", *lines[at + 1 :]]


def key_misspelt(rng: Rng, lines: list[str], at: int) -> list[str]:
    key, rest = lines[at].split(":", 1)
    place = int(rng.integers(len(key)))
    return [*lines[:at], f"{key[:place]}{rng.choice(list('xyz_ -'))}{key[place + 1 :]}:{rest}", *lines[at + 1 :]]


def letter_changed(rng: Rng, text: str) -> str:
    place = int(rng.integers(len(text)))
    return text[:place] + str(rng.choice(list("\t:{}[]&*!|>'\"%@`#-?, \n\x07\u202eé"))) + text[place + 1 :]


def cut_short(rng: Rng, text: str) -> str:
    return text[: int(rng.integers(len(text)))]


def doubled(rng: Rng, text: str) -> str:
    return text + str(rng.choice(["", "---\n"])) + text


def very_large(rng: Rng, text: str) -> str:
    return text + str(rng.choice(["#" * 2_000_000, "[" * 100_000, "a: " * 50_000, "- " * 100_000, "k: v\n" * 100_000]))


AREA: Mapping[str, TextChange] = {
    change.__name__: change
    for change in (
        *map(_of_lines, (
            line_lost, line_doubled, line_moved, line_indented, value_changed, value_nasty, value_of_another,
            key_misspelt,
        )),
        letter_changed, cut_short, doubled, very_large,
    )
}  # fmt: skip
