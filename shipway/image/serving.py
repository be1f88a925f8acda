"""The scoring server that goes into images: the very folder that belongs to this Shipway, never one from an index."""

from collections.abc import Iterator
from pathlib import Path

from shipway.domain.canonical import digest_of, sha256_hex
from shipway.errors import BuildError

PACKAGE = "shipway_serving"
OWN_PACKAGES = "serving-packages"
OWN_PACKAGES_VARIABLE = "SHIPWAY_OWN_PACKAGES"
"""The folder, and where it lies, that the server takes what it needs from before it looks among the author's."""

_HERE = Path(__file__).resolve().parents[1]


def serving_source() -> Path:
    """The folder of `shipway_serving` and its requirements.txt: package data of a wheel, or `serving/` of the tree."""
    for folder in (_HERE / "_serving", _HERE.parent / "serving"):
        if (folder / PACKAGE / "__init__.py").is_file():
            return folder
    raise BuildError(
        f"the scoring server is missing from this installation of shipway ({_HERE}); install shipway again"
    )


def serving_requirements() -> str:
    return (serving_source() / "requirements.txt").read_text(encoding="utf-8")


def serving_files() -> Iterator[tuple[str, bytes]]:
    """Path below the package's parent folder, and content, of each file of the server; sorted."""
    source = serving_source()
    for path in sorted((source / PACKAGE).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(source).as_posix(), path.read_bytes()


def serving_digest() -> str:
    return digest_of_files(dict(serving_files()))


def digest_of_files(files: dict[str, bytes]) -> str:
    return digest_of({path: sha256_hex(content) for path, content in files.items()})
