"""What is wrong with an area file, in sentences: where it stands, what was found, and how to mend it."""

import difflib
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError

MOST_SENTENCES = 40
_SHOWN_LETTERS = 80
_MESSAGE_LETTERS = 1_000
_WHOLE, _NUMBER, _YES_NO = "a whole number belongs here", "a number belongs here", "`true` or `false` belongs here"
_DATE = "a date belongs here, written as 2024-05-31"
# What pydantic says in words of Python.
_WORDS = {
    "model_type": "keys belong here, each with its value",
    "dict_type": "keys belong here, each with its value",
    "tuple_type": "a list belongs here, such as `[one, two]`",
    "string_type": "a text belongs here",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
    "date_type": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
}
_CORRECT = " Correct the value."


def sentences(name: str, error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    """One sentence for each thing that is wrong in the file `name`, which should be a `model`; the first 40."""
    problems = error.errors(include_url=False, include_context=False)
    known = _keys(model)
    for problem in problems[:MOST_SENTENCES]:
        where = ".".join(_cut(str(part)) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            mend = _unknown_key(str(problem["loc"][-1]), known)
        elif problem["type"] == "missing":
            mend = "this key is missing. Add it; a shipped area file shows how."
        else:
            mend = _value_sentence(problem)
        yield f"{name}: {where}{': ' if where else ''}{mend}"
    if len(problems) > MOST_SENTENCES:
        yield f"{name}: and {len(problems) - MOST_SENTENCES} more like these."


def _unknown_key(key: str, known: list[str]) -> str:
    if key in known:
        return "this key belongs elsewhere. Move it there (is it indented as the keys beside it?), or remove it."
    return f"this key is not known{_suggestion(key, known)} Correct or remove it."


def _value_sentence(problem: Mapping[str, object]) -> str:
    message = _WORDS.get(str(problem["type"]), str(problem["msg"]).removeprefix("Value error, "))
    # Of a rule about the whole file pydantic shows the whole file: what is wrong stands in the message.
    found = f" (found {_found(problem['input'])})" if problem["loc"] else ""
    return f"{message:.{_MESSAGE_LETTERS}}{found}.{_CORRECT}"


def _found(value: object) -> str:
    if value is None:
        return "nothing"
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]} ..."


def _suggestion(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key[:_SHOWN_LETTERS], known, n=1)
    return f"; did you mean {close[0]!r}?" if close else "."


def _keys(model: type[BaseModel]) -> list[str]:
    """Every key that may stand anywhere in a file of this model."""
    schema = model.model_json_schema()
    return sorted({key for part in (schema, *schema.get("$defs", {}).values()) for key in part.get("properties", {})})
