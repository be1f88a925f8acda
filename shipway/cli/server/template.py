"""An empty Prefect database, migrated once a machine: a new one takes 10 s of migrations, its copy nothing.

Taken from a database that was made a moment ago, when it holds the schema and Prefect's own block types only. Prefect
still looks for migrations at every start, so an old copy would be brought up to date.
"""

import contextlib
import importlib.metadata
import os
import shutil
from pathlib import Path

from shipway.machine.state import private_folder, state_home


def database_of(home: Path) -> Path:
    """Where Prefect keeps its database unless told otherwise."""
    return home / "prefect.db"


def has_template() -> bool:
    return _template().exists()


def seed_database(home: Path) -> None:
    """Puts a copy of the template where there is no database yet. Safe to repeat; killed half-way it leaves none."""
    database = database_of(home)
    if database.exists() or not has_template():
        return
    with contextlib.suppress(OSError):  # Prefect makes one, more slowly
        part = database.with_name(f".{database.name}.{os.getpid()}")
        shutil.copyfile(_template(), part)
        part.replace(database)


def keep_template(home: Path) -> None:
    """Keeps this database, which must be new, as the template of this Prefect if there is none; those of others go."""
    if has_template() or not database_of(home).exists():
        return
    import sqlite3

    with contextlib.suppress(OSError, sqlite3.Error):  # the next workspace waits as this one did
        folder = private_folder(_template().parent)
        for old in folder.glob("*.db"):
            old.unlink()
        part = folder / f".{os.getpid()}.part"
        with contextlib.closing(sqlite3.connect(database_of(home))) as source:  # noqa: SIM117 - they close in turn
            with contextlib.closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
        part.replace(_template())


def _template() -> Path:
    return state_home() / "prefect-template" / f"{importlib.metadata.version('prefect')}.db"
