"""What is delivered never becomes code: no text is put together where SQL, a template or a shell would run it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Calls that run the text they are given, or put it into a page as it is.
RUNNERS = {
    "execute", "executemany", "executescript", "sql", "query", "create", "create_view", "from_string", "get_template",
    "Template", "Markup", "JsCode", "Element", "Html", "eval", "exec", "run_sql",
}  # fmt: skip
# Modules that read queries, addresses or command lines out of the texts they are given.
OPENERS = {"subprocess", "pyogrio", "sqlite3", "osmium"}
STARTERS = ("system", "popen", "exec", "spawn", "posix_spawn")
# What `warehouse.identifier` lets through is a name of ours; what `quote` gives is one part of an address.
SAFE_CALLS = {"identifier", "quote"}


def pasted_in(source: str) -> list[int]:
    """The lines where text that was put together reaches a call that runs it."""
    tree = ast.parse(source)
    assigned = dict(_assignments(tree))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _runs(node.func))
    return [call.lineno for call in calls if any(_is_pasted(argument, assigned) for argument in _arguments(call))]


def _assignments(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def _runs(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    module = _module(function)
    opens = module in OPENERS and not name.endswith("Error")
    return name in RUNNERS or opens or (module == "os" and name.startswith(STARTERS))


def _module(function: ast.expr) -> str:
    while isinstance(function, ast.Attribute):
        function = function.value
    return getattr(function, "id", "")


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords if keyword.arg not in {"params", "parameters"})


def _is_pasted(text: ast.expr, assigned: dict[str, ast.expr]) -> bool:
    """Whether an expression is text made of parts: an f-string, a sum, `%`, or a method that fills or joins."""
    if isinstance(text, ast.Name):
        return text.id in assigned and _is_pasted(assigned[text.id], {})
    if isinstance(text, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) and not _is_safe(part.value) for part in text.values)
    if isinstance(text, ast.BinOp):
        return isinstance(text.op, ast.Add | ast.Mod)
    return (
        isinstance(text, ast.Call)
        and isinstance(text.func, ast.Attribute)
        and text.func.attr in {"format", "format_map", "replace", "join", "substitute", "safe_substitute"}
    )


def _is_safe(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") in SAFE_CALLS


@pytest.mark.parametrize(
    "line",
    [
        "connection.execute(f\"attach '{path}'\")",
        'connection.execute("attach \'" + path + "\'")',
        'connection.sql("select %s" % name)',
        'connection.sql(query="select {}".format(name))',
        'text = f"select {name}"\nconnection.sql(text)',
        'environment.from_string("{{" + name)',
        'Markup(f"<b>{name}</b>")',
        'JsCode(f"kaart.stijl({name!r})")',
        'subprocess.run(f"ls {path}", shell=True)',
        'os.system("ls " + path)',
        'relation.create(f"published.{name}")',
        'pyogrio.raw.read(path, where=f"name = {name}")',
        'sqlite3.connect(f"file:{path}", uri=True)',
        'connection.execute(" ".join(words))',
    ],
)
def test_text_put_together_is_seen(line: str):
    assert pasted_in(line)


@pytest.mark.parametrize(
    "line",
    [
        'connection.execute("attach $path", {"path": path})',
        'relation.create(f"published.{identifier(name)}")',
        'connection.execute("set threads = 2")',
        "subprocess.run([command, path])",
        'sqlite3.connect(f"file:{quote(path)}", uri=True)',
    ],
)
def test_values_as_parameters_are_allowed(line: str):
    assert not pasted_in(line)


@pytest.mark.parametrize("folder", ["pipelines", "assets"])
def test_nothing_that_is_put_together_is_run(folder: str):
    modules = sorted((ROOT / folder).rglob("*.py"))
    assert modules
    found = {str(path.relative_to(ROOT)): pasted_in(path.read_text(encoding="utf-8")) for path in modules}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_page_passes_a_text_by_the_escape():
    templates = sorted((ROOT / "pipelines").rglob("*.html"))
    assert templates
    assert not [path.name for path in templates if "|safe" in path.read_text(encoding="utf-8").replace(" ", "")]
