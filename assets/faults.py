"""What disks, tables and Dagster's own files do wrong, in one line each: what, where, and how to mend it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from assets.bench import Folders
from pipelines.errors import ReleaseError

# What the system says of files and disks holds paths, no values.
SAY_NO_VALUES = (OSError, duckdb.IOException, duckdb.TransactionException)


@contextmanager
def explained(folders: Folders) -> Iterator[None]:
    """Say in one line, and with a place, that a disk is full or read-only, or that Dagster's records are damaged.

    Dagster's records may meet a full disk first.
    """
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise ReleaseError(
            f"{error.filename}: a file stands where a folder must be. Move it away, then run again. "
            "The earlier release stands."
        ) from error
    except OSError as error:
        place, reason = error.filename or folders.data, os.strerror(error.errno) if error.errno else str(error)
        raise ReleaseError(_cannot_write(place, reason)) from error
    except (duckdb.IOException, duckdb.TransactionException) as error:
        # DuckDB's own story is three lines long; what the system said stands last.
        raise ReleaseError(_cannot_write(folders.data, str(error).rsplit('": ', 1)[-1])) from error
    except DBAPIError as error:
        damaged = not isinstance(error.orig, sqlite3.OperationalError) or "no such" in str(error.orig)
        say = _records_damaged if damaged else _cannot_write
        raise ReleaseError(say(folders.state, str(error.orig))) from error
    except SQLAlchemyError as error:
        raise ReleaseError(_records_damaged(folders.state, f"{type(error).__name__}: {error}")) from error


def _cannot_write(place: object, reason: str) -> str:
    return (
        f"{place}: cannot be written to ({reason}). Make room or give access there, then run again. "
        "The earlier release stands."
    )


def _records_damaged(place: object, reason: str) -> str:
    return (
        f"{place}: Dagster's records of runs are damaged ({reason}). Put this folder back from your backup, or move it "
        "away: it is made anew, and nothing that is computed or published rests on it. The earlier release stands."
    )
