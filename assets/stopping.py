"""How a command ends that is stopped: soon, with one line that says what stands published, and with 130."""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console

if TYPE_CHECKING:
    from pipelines.release import Shelf

INTERRUPTED = 130
PATIENCE_S = 5.0
# What the wake-up socket hears besides the numbers of signals.
DONE, NOT_DONE = b"\xfe", b"\xff"
UNTOUCHED = "Interrupted. What was published stands untouched."
Hook = Callable[["sys.UnraisableHookArgs"], object]


@dataclass
class Ending:
    """What is said of a command that was stopped; one that changes what is published sets it."""

    say: Callable[[], str] = lambda: UNTOUCHED


def what_stands(shelf: "Shelf", before: str) -> str:
    """What is said where `before` was the current release when the command began ('' for none)."""
    from pipelines.history import current_release  # noqa: PLC0415 - its libraries take a second to load

    now = current_release(shelf)
    if now == before:
        return UNTOUCHED
    if not now:
        return f"Interrupted. By then {before} had been withdrawn: nothing is published of {shelf.area} now."
    return f"Interrupted. By then {now} had become the current release; it stands whole."


@contextmanager
def stoppable(complain: Callable[[str], None]) -> Iterator[Ending]:
    """End with one line and 130 when Ctrl-C or SIGTERM came, whatever the libraries made of it on the way.

    DuckDB turns an interruption into a RuntimeError, GDAL into a file it cannot read, Dagster into an error of its own;
    a module that is being loaded may swallow it, and the kernel ends its work first. Python tells every signal to the
    wake-up socket too, and there it cannot be lost. Gives what the line is; `complain` writes it.
    """
    stops = (signal.SIGINT, signal.SIGTERM)
    ending = Ending()
    heard, told = socket.socketpair()
    told.settimeout(0)
    with heard, told:
        watch = threading.Thread(target=_end_when_stopped, args=(heard, lambda: _end(complain, ending)), daemon=True)
        watch.start()
        wakeup = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        handlers = [signal.signal(stop, signal.default_int_handler) for stop in stops]
        hook, sys.unraisablehook = sys.unraisablehook, calm(sys.unraisablehook)
        try:
            yield ending
        finally:
            ended = sys.exception()
            for stop in stops:
                signal.signal(stop, signal.SIG_IGN)
            signal.set_wakeup_fd(wakeup)
            sys.unraisablehook = hook
            told.send(DONE if isinstance(ended, SystemExit) and not ended.code else NOT_DONE)
            watch.join()
            for stop, handler in zip(stops, handlers, strict=True):
                signal.signal(stop, handler)


def calm(hook: Hook) -> Hook:
    """Keep Python from telling of a stop that came in a place where it can only be ignored; the socket heard it.

    What stops a run is no `Exception`: Ctrl-C is Python's `KeyboardInterrupt`, and Dagster has an error of its own.
    """

    def tell(ignored: "sys.UnraisableHookArgs") -> None:
        if issubclass(ignored.exc_type, Exception):
            hook(ignored)

    return tell


def _end_when_stopped(heard: socket.socket, end: Callable[[], NoReturn]) -> None:
    """Give a stopped run some seconds to end by itself; end it then, or when it is stopped once more."""
    stopped = False
    while True:
        try:
            word = heard.recv(1)
        except TimeoutError:
            end()
        if word == DONE or (word == NOT_DONE and not stopped):
            return
        if stopped:
            end()
        stopped = True
        heard.settimeout(PATIENCE_S)


def _end(complain: Callable[[str], None], ending: Ending) -> NoReturn:
    # Every write is a rename: a process may end anywhere. Ending by the usual way would wait for the kernel's threads.
    Console().show_cursor()
    complain(ending.say())
    os._exit(INTERRUPTED)
