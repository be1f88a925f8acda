"""One question to uv, as a value, and what its refusals say. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shipway.image.packages.lock import PythonThere

NEVER_BUILT_HERE = (
    *("numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "pillow", "opencv-python", "opencv-python-headless"),
    *("onnxruntime", "onnxruntime-gpu", "onnx", "tensorflow", "tensorflow-gpu", "torch", "torchvision"),
    *("xgboost", "lightgbm", "catboost", "h5py", "pyarrow", "grpcio", "cryptography", "spacy", "statsmodels"),
)
"""These compile for ten minutes and then fail: better an older version that has a wheel, or the reason at once."""

_INDEX_OPTIONS = re.compile(
    r"(?:--index-url|-i|--extra-index-url|--find-links|-f|--trusted-host)(?:[ =]|$)|--no-index\b|--pre\b"
)
_NEEDS_BUILDING = re.compile(
    r"Wheels are required for `([^`]+)`"
    r"|[Bb]uilding source distributions for `?([\w.-]+)`? is disabled"
    r"|`([^`]+)` .*--no-build"
)
_ONLY_EARLY = re.compile(r"`([^`]+)` was requested with a pre-release marker|Pre-releases are available for `([^`]+)`")
_FROM_SOURCE = re.compile(r"^--no-binary (\S+)", re.MULTILINE)
_NAME = re.compile(r"([A-Za-z0-9][\w.-]*)")


@dataclass(frozen=True, kw_only=True)
class Question:
    """`lines` are requirement lines. `built` are the names that may be built from source; all others come as wheels.
    `every_source` allows all sources but those that are never built. `early` are the names whose pre-releases do,
    because others ask for one, or there is nothing else.

    `day` (YYYY-MM-DD) hides what was published later, of everything, `days` of single packages. `requires` is what
    `name==version` requires where its own metadata cannot be read. `under` are pins that the answer has to keep.
    """

    lines: tuple[str, ...]
    there: PythonThere
    built: tuple[str, ...] = ()
    every_source: bool = False
    early: tuple[str, ...] = ()
    day: str | None = None
    days: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    under: tuple[str, ...] = ()


def compile_arguments(question: Question) -> list[str]:
    """For `uv pip compile`, but for which Python of this machine asks. A pre-release is taken if it is named."""
    arguments = ["pip", "compile", "-", "-q", "--generate-hashes", "--no-header", "--no-annotate"]
    arguments += ["--no-emit-index-url", "--prerelease", "allow" if "--pre" in question.lines else "explicit"]
    arguments += [word for name in question.early for word in ("--prerelease-package", f"{name}=allow")]
    arguments += platform_arguments(question.there)
    if question.day:
        arguments += ["--exclude-newer", question.day]
    arguments += [word for item in question.days.items() for word in ("--exclude-newer-package", "=".join(item))]
    return arguments


def platform_arguments(there: PythonThere) -> list[str]:
    """A Python of this machine speaks for itself."""
    return ["--python-version", there.version, "--python-platform", there.platform] if there.platform else []


def build_options(built: Iterable[str]) -> list[str]:
    """As lines of a requirements file, which pip and uv both read so: wheels only, but for those names."""
    return ["--only-binary :all:", *(f"--no-binary {name}" for name in sorted(built))]


def options_for(question: Question) -> list[str]:
    if question.every_source:
        return [f"--only-binary {name}" for name in NEVER_BUILT_HERE]
    return build_options(question.built)


def sources_in(lock: str) -> list[str]:
    """The packages that a lock takes from source."""
    return _FROM_SOURCE.findall(lock)


def index_options(requirements: Iterable[str]) -> list[str]:
    """The lines that say where packages are looked for: they belong to a lock, for what was found there is installed
    from there."""
    return [line for line in requirements if _INDEX_OPTIONS.match(line)]


def needs_building(words: str) -> set[str]:
    """The packages that uv refused for want of a wheel."""
    found = ("".join(match) for match in _NEEDS_BUILDING.findall(words))
    return {match[1].lower() for name in found if (match := _NAME.match(name))}


def only_early(words: str) -> set[str]:
    """The packages of which uv says that a pre-release would do."""
    return {"".join(match).lower() for match in _ONLY_EARLY.findall(words)}
