"""v1's conda files to environments. Shipway installs pip's packages: conda's are translated where that is possible.

Seen in practice (contract Y-1..Y-7): several nested pip lists, a single `=` in pip entries, UTF-16, options.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shipway.config.documents import Document, KeyPath, Loaded, as_document, read_text, unknown_key
from shipway.config.profile import PROFILE, profile_of
from shipway.domain.environment import UNNAMED, Environment
from shipway.errors import ConfigError

SERVED_BY_SHIPWAY = frozenset({
    "azureml-contrib-services", "azureml-defaults", "azureml-inference-server-http", "azureml-model-management-sdk",
    "azureml-monitoring", "gunicorn",
})  # fmt: skip
"""Packages that only carried Microsoft's server: ours stands for them, and their pins clash with what is current."""

_PIP_NAMES = {
    "dask-core": "dask", "matplotlib-base": "matplotlib", "msgpack-python": "msgpack", "opencv":
    "opencv-python-headless", "py-opencv": "opencv-python-headless", "py-xgboost": "xgboost", "pytables": "tables",
    "pytorch": "torch", "ruamel-yaml": "ruamel.yaml", "tensorflow-gpu": "tensorflow",
}  # fmt: skip
"""Conda's name to pip's, where they differ. Without conda's CUDA it is the CPU build of TensorFlow that runs."""

_BROUGHT_BY_WHEELS = frozenset({
    "blas", "bzip2", "ca-certificates", "intel-openmp", "ld-impl-linux-64", "libblas", "libcblas", "libcxx", "libffi",
    "libgcc-ng", "libgfortran-ng", "libgomp", "liblapack", "libopenblas", "libstdcxx-ng", "libgcc-mutex",
    "openmp-mutex", "mkl", "mkl-service", "ncurses", "nomkl", "openssl", "pip", "readline", "sqlite", "tk", "vc",
    "vs2015-runtime", "wheel", "wincertstore", "xz", "zlib",
})  # fmt: skip
"""What conda packs by itself and wheels or the interpreter bring along."""

_CONDA_ONLY = frozenset({
    "cmake", "cuda-toolkit", "cudatoolkit", "cudnn", "ffmpeg", "gcc-linux-64", "gdal", "gxx-linux-64", "libgdal",
    "mpi", "nccl", "openjdk", "openmpi", "poppler", "tesseract",
})  # fmt: skip
"""Programs and libraries that no wheel brings."""

_CONDA_ENTRY = re.compile(r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<spec>[=<>!~ ].*)?")
_SINGLE_EQUALS = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*=\s*(?P<version>[\w.*+!-]+)")
_TEMPLATE = re.compile(r"\s*[=<>~!]*=?\s*\{\{.*?\}\}")
_KNOWN_KEYS = ("name", "channels", "dependencies", "prefix", "variables")


@dataclass
class _Found:
    """What has been gathered from a conda file so far."""

    python: str | None = None
    requirements: list[str] = field(default_factory=list)
    conda_packages: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    """Requirements for which our server stands: nothing of them is installed."""


def load_conda(source: Path | Mapping[str, Any] | Document, *, name: str = UNNAMED) -> Loaded[Environment]:
    """`name` serves where the file has none.

    Raises ConfigError with path and line for what is malformed or cannot be translated.
    """
    document = as_document(source, "conda dependencies")
    content = document.value
    if not isinstance(content, Mapping):
        raise document.fault((), "a conda file holds keys and values, such as `dependencies:` with a list below it")
    unknown = [str(key) for key in content if key not in _KNOWN_KEYS]
    found = _Found(warnings=[document.at((key,), f"ignored: {unknown_key(key, _KNOWN_KEYS)}") for key in unknown])
    dependencies = content.get("dependencies") or []
    if not isinstance(dependencies, list):
        raise document.fault(("dependencies",), "must be a list")
    for index, entry in enumerate(dependencies):
        _add(entry, document, ("dependencies", index), found)
    environment = Environment(
        name=str(content.get("name") or name),
        python=found.python,
        requirements=tuple(dict.fromkeys(found.requirements)),
        conda_packages=tuple(dict.fromkeys(found.conda_packages)),
        variables={**_profile(found.served), **_variables(document)},
    )
    return Loaded(environment, tuple(found.warnings))


def package_name(requirement: str) -> str:
    """The normalised name that a requirement line begins with; empty for an option or a URL without a name."""
    match = re.match(r"[A-Za-z0-9][\w.-]*", requirement.strip())
    return _normal(match[0]) if match else ""


def _add(entry: object, document: Document, at: KeyPath, found: _Found) -> None:
    match entry:
        case str():
            _add_conda(entry.strip(), document, at, found)
        case Mapping():
            for key in entry:
                if key != "pip":
                    found.warnings.append(document.at((*at, key), "ignored: only pip may have a list of its own"))
            lines = entry.get("pip") or []
            if not isinstance(lines, list):
                raise document.fault((*at, "pip"), "must be a list")
            for index, line in enumerate(lines):
                lines_of_pip = _pip_lines(line, document, (*at, "pip", index), found.warnings)
                for requirement in lines_of_pip:
                    served = package_name(requirement) in SERVED_BY_SHIPWAY
                    (found.served if served else found.requirements).append(requirement)
        case None:
            return
        case _:
            raise document.fault(at, f"must be a package, such as numpy=1.23, not {entry!r}")


def _add_conda(entry: str, document: Document, at: KeyPath, found: _Found) -> None:
    match = _CONDA_ENTRY.fullmatch(entry)
    if match is None or "[" in entry or "|" in entry:
        raise document.fault(at, f"{entry!r} cannot be written as a pip requirement; name it in the pip list instead")
    name, spec = _normal(match["name"]), _pip_specifier(match["spec"] or "")
    if name == "python":
        found.python = spec.removeprefix("==").removesuffix(".*") or None
    elif name in SERVED_BY_SHIPWAY:
        found.served.append(match["name"] + spec)
    elif name in _BROUGHT_BY_WHEELS:
        return
    elif name in _CONDA_ONLY or name == "r" or name.startswith("r-"):
        found.conda_packages.append(entry)
    else:
        found.requirements.append(_PIP_NAMES.get(name, match["name"]) + spec)


def _pip_specifier(spec: str) -> str:
    """`=1.23` is `==1.23.*`; `=1.23=py38_0` names one build, so one version; `==`, `>=` and the like are pip's own."""
    spec = spec.strip()
    if not spec:
        return ""
    if spec[0] in "<>!~" or spec.startswith("=="):
        return spec.replace(" ", "")
    version, _, build = spec.lstrip("= ").replace(" ", "=", 1).partition("=")
    if spec[0] != "=" and not build:  # `numpy 1.23`: conda's other way to write one version
        return f"=={version}"
    return f"=={version}" if build or version.endswith("*") else f"=={version}.*"


def _pip_lines(
    line: object, document: Document, at: KeyPath, warnings: list[str], above: tuple[Path, ...] = ()
) -> Iterator[str]:
    """The requirement lines that one entry of a pip list stands for. `above` are the files that include the line."""
    if not isinstance(line, str):
        raise document.fault(at, f"must be a pip requirement, not {line!r}")
    text = line.split(" #")[0].strip()
    if text.startswith(("-r ", "--requirement")):
        yield from _included(text, document, at, warnings, above)
        return
    if text.startswith(("-e", "--editable", ".", "/")):
        raise document.fault(
            at, f"{text!r} is a folder of this machine; publish the package or put it into the source directory"
        )
    if "{{" in text:
        warnings.append(document.at(at, f"{text!r} is a template that nobody filled in; taken without a version"))
        text = _TEMPLATE.sub("", text)
    if single := _SINGLE_EQUALS.fullmatch(text):
        warnings.append(document.at(at, f"{text!r} has a single '='; taken as '=='"))
        text = f"{single['name']}=={single['version']}"
    if text and not text.startswith("#"):
        yield text


def _included(
    text: str, document: Document, at: KeyPath, warnings: list[str], above: tuple[Path, ...]
) -> Iterator[str]:
    name = text.removeprefix("--requirement").removeprefix("-r").strip(" =")
    if "://" in name:
        raise document.fault(at, f"{text!r} needs the network to be read; put its lines into the pip list")
    path = (above[-1] if above else Path(document.source)).parent / name
    if path in above:
        raise document.fault(at, f"{path} includes itself; take that line out")
    try:
        lines = read_text(path).splitlines()
    except ConfigError as error:
        raise document.fault(at, str(error)) from error
    for line in lines:
        yield from _pip_lines(line.strip(), document, at, warnings, (*above, path))


def _profile(served: list[str]) -> dict[str, str]:
    profile = profile_of(served)
    return {PROFILE: profile} if profile else {}


def _variables(document: Document) -> dict[str, str]:
    content = document.value
    assert isinstance(content, Mapping)
    variables = content.get("variables") or {}
    if not isinstance(variables, Mapping):
        raise document.fault(("variables",), "must hold names and values")
    return {str(key): str(value) for key, value in variables.items() if value is not None}


def _normal(name: str) -> str:
    """As package indexes compare names; conda's leading underscores dropped."""
    return re.sub(r"[-_.]+", "-", name.lstrip("_")).lower()
