"""Read a YAML file as plain text under plain keys: nothing runs, nothing stands twice, nothing swells.

Every value is the text that stands there, or None where none does: what is a number, a date or a yes is for the model
to say. YAML would make 8 of `010`, 750 of `12:30` and true of `no: yes`; here they stay what somebody wrote.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from pipelines.errors import AreaFileError

Content = dict[str, "Content"] | list["Content"] | str | None

# An area file of the largest city is 20 kB; what it stands for once its aliases are written out is held to the same.
MOST_BYTES = 1_000_000
MOST_DEPTH = 20
_NODE_BYTES = 8
_SHOWN_LETTERS = 80
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"
# What goes wrong in the line where it begins, though the parser finds out further down.
_BEGINS: Mapping[str | None, str] = {
    "while scanning a simple key": "write `key: value`, with a blank after the colon",
    "while scanning a quoted scalar": "a quotation mark opens there and is not closed",
    "while parsing a flow sequence": "a `[` opens there and is not closed, or a comma is missing",
    "while parsing a flow mapping": "a `{` opens there and is not closed, or a comma is missing",
}
_MEANS = {
    "mapping values are not allowed in this context": (
        "it is indented otherwise than the lines above, or a text that holds a colon lacks quotation marks"
    ),
    "second occurrence": "the name after its `&` stands in an earlier line too",
    "found character that cannot start any token": "a text that begins with this character needs quotation marks",
}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class _Loader(yaml.CSafeLoader):
    """The fast parser of text into nodes, which knows one kind of value: text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way to say that no value means more than its text


def read_yaml(path: Path) -> Content:
    """Read one YAML document.

    Returns
    -------
    dict, list, str or None
        Merged keys (`<<`) in their places; aliases written out.

    Raises
    ------
    AreaFileError
        When the file is missing, over 1 MB (also with its aliases written out), nested over 20 deep, no text in UTF-8
        or no YAML, holds a key twice, a tag, an alias of itself or more than one document; a sentence with the line.
    """
    text = _text(path)
    try:
        _require_small(yaml.parse(text, _Loader), path.name)
        root = yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        raise AreaFileError(f"{path.name}: {_where_not_yaml(error, text)}. Mend that line.") from error
    return _content(root, path.name) if root is not None else None


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise AreaFileError(f"{path}: cannot be read as an area file (there is no such file). Check the path.")
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise AreaFileError(f"{path}: cannot be read as an area file ({reason}). Check the path.") from error
    if len(content) > MOST_BYTES:
        raise AreaFileError(f"{path.name}: is larger than {MOST_BYTES // 10**6} MB, and an area file is a page or two.")
    if content.startswith(_UTF_16):
        raise AreaFileError(f"{path.name}: is written in UTF-16. Save it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise AreaFileError(f"{path.name}: line {line} is not written in UTF-8. Save the file as UTF-8.") from error
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        raise AreaFileError(f"{path.name}: line {line} holds a control character (U+{ord(odd[0]):04X}). Remove it.")
    return text


def _where_not_yaml(error: yaml.YAMLError, text: str) -> str:
    if not (isinstance(error, yaml.MarkedYAMLError) and error.problem_mark):
        return f"is not YAML ({' '.join(str(error).split())})"
    if error.context in _BEGINS and error.context_mark:
        return f"line {error.context_mark.line + 1} is not YAML ({_BEGINS[error.context]})"
    number = error.problem_mark.line
    lines = text.splitlines()[number : number + 1]
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())] if lines else ""
    reason = (
        "it is indented with a tab: use spaces" if "\t" in indent else _MEANS.get(error.problem or "", error.problem)
    )
    return f"line {number + 1} is not YAML ({reason})"


def _wrong(name: str, thing: "yaml.Event | yaml.Node", sentence: str) -> AreaFileError:
    return AreaFileError(f"{name}: line {_line(thing)}: {sentence}")


def _line(thing: "yaml.Event | yaml.Node") -> int:
    return thing.start_mark.line + 1 if thing.start_mark else 1


def _require_small(events: "Iterable[yaml.Event]", name: str) -> None:
    """Refuse what is deep, what runs, and what swells: sizes of aliases are added up, and nothing is written out."""
    sizes: dict[str, int] = {}
    open_ones: list[tuple[str | None, int]] = []
    size = n_documents = 0
    for event in events:
        n_documents += isinstance(event, yaml.DocumentStartEvent)
        _require_plain(event, name, n_documents, [anchor for anchor, _ in open_ones])
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_ones.pop()
        elif isinstance(event, yaml.NodeEvent):
            anchor, before = event.anchor, size
            size += _NODE_BYTES + (len(event.value) if isinstance(event, yaml.ScalarEvent) else 0)
            size += sizes.get(anchor or "", 0) if isinstance(event, yaml.AliasEvent) else 0
        else:
            continue
        if size > MOST_BYTES:
            raise _wrong(name, event, "with all aliases (`*`) written out the file is larger than 1 MB. Use fewer.")
        if isinstance(event, yaml.CollectionStartEvent):
            open_ones.append((anchor, before))
        elif anchor is not None and not isinstance(event, yaml.AliasEvent):
            sizes[anchor] = size - before


def _require_plain(event: "yaml.Event", name: str, n_documents: int, within: Sequence[str | None]) -> None:
    if n_documents > 1:
        raise _wrong(name, event, "a second document begins (`---`). Keep one area to a file.")
    if isinstance(event, yaml.CollectionStartEvent) and len(within) >= MOST_DEPTH:
        raise _wrong(name, event, f"keys and lists are nested more than {MOST_DEPTH} deep. An area file needs six.")
    if isinstance(event, yaml.AliasEvent) and event.anchor in within:
        raise _wrong(name, event, f"{str(event.anchor)[:_SHOWN_LETTERS]!r} holds itself. Write out what is meant.")
    tag = getattr(event, "tag", None)
    if tag is not None and tag != "!":
        raise _wrong(name, event, f"the tag {tag[:_SHOWN_LETTERS]!r} is not for an area file. Take it out.")


def _content(node: "yaml.Node", name: str) -> Content:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, name)
    if isinstance(node, yaml.SequenceNode):
        return [_content(one, name) for one in node.value]
    return None if _is_null(node) else str(node.value)


def _is_null(node: "yaml.Node") -> bool:
    # Only plain text has no style: between quotation marks "null" is a word.
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NULLS


def _mapping(node: "yaml.MappingNode", name: str) -> dict[str, Content]:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        word = _key(key, name)
        if word in lines:
            raise _wrong(
                name, key, f"the key {word[:_SHOWN_LETTERS]!r} stands in line {lines[word]} already. Keep one of them."
            )
        lines[word] = _line(key)
    merged: dict[str, Content] = {}
    for one in (value for key, value in node.value if _is_merge(key)):
        merged = {**merged, **_merged(one, name)}
    return {**merged, **{key.value: _content(value, name) for key, value in node.value if not _is_merge(key)}}


def _key(key: "yaml.Node", name: str) -> str:
    if not isinstance(key, yaml.ScalarNode):
        raise _wrong(name, key, "a list or keys stand where the name of a key belongs. Write a word there.")
    if _is_null(key):
        raise _wrong(name, key, "there is no key before the colon. Write it there, between quotation marks if need be.")
    return str(key.value)


def _is_merge(key: "yaml.Node") -> bool:
    return isinstance(key, yaml.ScalarNode) and not key.style and key.value == _MERGE


def _merged(node: "yaml.Node", name: str) -> Mapping[str, Content]:
    """What stands under `<<`: keys, or a list of them of which an earlier goes before a later."""
    parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
    found: dict[str, Content] = {}
    for part in parts:
        if not isinstance(part, yaml.MappingNode):
            raise _wrong(name, part, "`<<` takes over keys, and none stand there. Name keys, such as `<<: *buurten`.")
        found = {**_mapping(part, name), **found}
    return found
