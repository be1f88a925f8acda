"""Secrets in the code of a release: found before it is kept, built or pushed, and not only in the image afterwards."""

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from shipway.domain.environment import InferenceConfig
from shipway.errors import ConfigError
from shipway.image.container.secrets import ImageFile, find_secrets, known_secrets
from shipway.store.trees import find_files

_PIECE_BYTES = 1024 * 1024
_MOST_NAMED = 3


def refuse_secrets(inference: InferenceConfig, environment: Mapping[str, str] = os.environ) -> None:
    """Looks through the files that would go into a container image. Only looks.

    Raises ConfigError naming files and what they hold, never a value; StoreError for a folder that cannot be read.
    """
    place = inference.source_directory or inference.entry_script
    if place is None:
        return
    code = Path(place)
    known = known_secrets(environment, inference.environment.requirements)
    found = find_secrets(_files(code), {}, known)
    if found:
        named = "; ".join(f"{each.place.lstrip('/')} holds {each.kind}" for each in found[:_MOST_NAMED])
        more = f" (and {len(found) - _MOST_NAMED} more)" if len(found) > _MOST_NAMED else ""
        raise ConfigError(
            f"inference: {named}{more}, in {code}: it would lie in the image, and wherever that is pushed; "
            "take it out of the folder"
        )


def _files(code: Path) -> Iterator[ImageFile]:
    for path, file in find_files(code, what="source directory"):
        with file.open("rb") as opened:
            yield ImageFile(path=path, pieces=iter(partial(opened.read, _PIECE_BYTES), b""), is_authors=True)
