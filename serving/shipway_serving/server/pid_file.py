"""The pid file: written whole or not at all, before anything slow has been imported.

Imports only what the interpreter has loaded anyway.
"""

import os
from typing import List, Optional


def path_in_arguments(arguments: List[str]) -> Optional[str]:
    """The value of ``--pid_file`` (or ``--pid-file``) without the cost of argparse; the last one given wins."""
    found = None
    for position, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name not in ("--pid_file", "--pid-file"):
            continue
        if equals:
            found = value
        elif position + 1 < len(arguments):
            found = arguments[position + 1]
    return found


def write_pid_file(path: str, pid: int) -> None:
    """Put ``pid`` into ``path`` by a rename, so that a reader never sees half a number. Safe to repeat."""
    draft = f"{path}.{pid}"
    with open(draft, "w") as file:
        file.write(f"{pid}\n")
    os.replace(draft, path)
