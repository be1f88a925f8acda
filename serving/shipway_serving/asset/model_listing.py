"""The listing of the model folder that v1 logged when ``init`` failed (E-3): most failures are wrong model paths."""

import os
from typing import Iterator, List

LONGEST_LISTING = 200
"""Lines; a registered folder can hold any number of files."""


def listing(model_dir: str) -> List[str]:
    """The tree under ``model_dir``, one indented name a line; empty when there is nothing at that path."""
    if not os.path.exists(model_dir):
        return []
    lines: List[str] = []
    for line in _tree(os.path.normpath(model_dir), ""):
        if len(lines) == LONGEST_LISTING:
            lines.append(f"Output truncated. First {LONGEST_LISTING} lines shown.")
            break
        lines.append(line)
    return lines


def _tree(path: str, indent: str) -> Iterator[str]:
    if not os.path.isdir(path) or os.path.islink(path):
        yield indent + os.path.basename(path)
        return
    yield indent + os.path.basename(path) + os.sep
    for name in sorted(os.listdir(path)):
        for line in _tree(os.path.join(path, name), indent + "    "):
            yield line
