"""Compiled code: made at the first call, kept on disk where that can be, and announced when it takes a while.

Here is nothing that computes; the compiled functions themselves stand in `kernel` and `gather`.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast

import numba
from numba.core import event

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
Tell = Callable[[str], None]

COMPILING = "Compiling the search for this machine (once; some seconds) ..."


def log(sentence: str) -> None:
    """Say `sentence` on standard error, or wherever the program that runs us sends its log."""
    # Python shows warnings of a log that nobody configured, and nothing below them.
    logging.getLogger("samenhang.reach").warning(sentence)


def silent(_: str) -> None:
    """Say nothing."""


def compiled(function: Compiled) -> Compiled:
    """Compile at the first call, not at import; releases the interpreter's lock, so that threads run side by side."""
    return cast("Compiled", numba.njit(nogil=True)(function))


def make_ready(function: Callable[..., Any], arguments: tuple[object, ...], tell: Tell = silent) -> None:
    """Have compiled code for such arguments ready, from disk where it was kept; say so when it must be compiled.

    Parameters
    ----------
    function
        Made by `compiled`.
    arguments
        What it will be called with; only their types count.
    tell
        Is given one sentence before compiling, and none when the code was kept.
    """
    dispatcher: Any = function
    # numba declares no types.
    typeof: Callable[[object], object] = numba.typeof
    # Where numba finds no folder to write to, every new process compiles, which takes seconds and harms nothing.
    with suppress(RuntimeError):
        dispatcher.enable_caching()
    with _announced(tell):
        try:
            dispatcher.compile(tuple(typeof(argument) for argument in arguments))
        except OSError:
            # Only keeping the compiled code touches the disk, and that comes last: it is ready to be used.
            return


@contextmanager
def _announced(tell: Tell) -> Iterator[None]:
    said: list[str] = []

    class Once(event.Listener):
        def on_start(self, _: object) -> None:
            if not said:
                said.append(COMPILING)
                tell(COMPILING)

        def on_end(self, _: object) -> None:
            """Compiling ended; nothing to say."""

    with event.install_listener("numba:compile", Once()):
        yield
