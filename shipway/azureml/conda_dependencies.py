"""v1's builder of conda files. What it holds is the file itself, in `_conda_dependencies`, which scripts look into."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from shipway.azureml._settings import default_python
from shipway.azureml.exceptions import UserErrorException, raised_as
from shipway.config.documents import read_document

_CHANNELS = ("anaconda", "conda-forge")
_KEYS = ("name", "channels", "dependencies", "prefix", "variables")
_NAME = re.compile(r"(?:[\w./-]+::)?\s*([A-Za-z0-9_][\w.-]*)")

DEFAULT_SDK_ORIGIN = "https://pypi.python.org/simple"  # v1's word for "the usual index"; never asked


class CondaDependencies:
    """A conda file being made: `python`, conda's packages, and a list of pip's."""

    def __init__(
        self,
        conda_dependencies_file_path: str | Path | None = None,
        _underlying_structure: dict[str, Any] | None = None,
    ) -> None:
        """Reads a file, or begins as v1 did: with azureml-defaults, and the Python of the time where that is known.

        Raises UserErrorException, beginning with the path, for a file that is no conda file.
        """
        if conda_dependencies_file_path is not None:
            self._conda_dependencies = _read(Path(conda_dependencies_file_path))
        elif _underlying_structure is not None:
            self._conda_dependencies = dict(_underlying_structure)
        else:
            self._conda_dependencies = _beginning()

    @staticmethod
    def create(
        pip_indexurl: str | None = None,
        pip_packages: Sequence[str] | None = None,
        conda_packages: Sequence[str] | None = None,
        python_version: str | None = None,
        pin_sdk_version: bool = True,
    ) -> "CondaDependencies":
        """`pin_sdk_version` pinned Azure's own packages to the SDK that ran; there is none, and they stay unpinned."""
        del pin_sdk_version
        made = CondaDependencies()
        if pip_indexurl:
            made.set_pip_option(f"--index-url {pip_indexurl}")
        if python_version:
            made.set_python_version(python_version)
        if pip_packages is not None:
            for package in list(made.pip_packages):
                made.remove_pip_package(package)
        for package in pip_packages or ():
            made.add_pip_package(package)
        for package in conda_packages or ():
            made.remove_conda_package(package)
            made.add_conda_package(package)
        return made

    @property
    def conda_channels(self) -> Iterator[str]:
        return iter(list(self._conda_dependencies.get("channels") or ()))

    @property
    def conda_packages(self) -> Iterator[str]:
        return iter([item for item in self._entries if isinstance(item, str)])

    @property
    def pip_packages(self) -> Iterator[str]:
        return iter([line for line in self._pip_lines if not _is_option(line)])

    @property
    def pip_options(self) -> Iterator[str]:
        return iter([line for line in self._pip_lines if _is_option(line)])

    def get_python_version(self) -> str | None:
        for item in self.conda_packages:
            if _name_of(item) == "python":
                return item.partition("python")[2].lstrip("=<>!~ ") or None
        return None

    def set_python_version(self, version: str | None) -> None:
        self._set_python(f"python={version}" if version else "python")

    def add_channel(self, channel: str) -> None:
        channels = self._conda_dependencies.setdefault("channels", [])
        if channel not in channels:
            channels.append(channel)

    def remove_channel(self, channel: str) -> None:
        channels = self._conda_dependencies.get("channels") or []
        if channel in channels:
            channels.remove(channel)

    def add_conda_package(self, conda_package: str) -> None:
        if _name_of(conda_package) == "python":
            self._set_python(conda_package)
        elif conda_package not in self._made_entries():
            self._made_entries().append(conda_package)

    def remove_conda_package(self, conda_package: str) -> None:
        """Whatever its version."""
        entries = self._made_entries()
        name = _name_of(conda_package)
        entries[:] = [item for item in entries if not isinstance(item, str) or _name_of(item) != name]

    def add_pip_package(self, pip_package: str) -> None:
        """Takes the place of another version of it. Raises UserErrorException for an option."""
        if _is_option(pip_package):
            raise UserErrorException(f"{pip_package!r} is an option, not a package; use set_pip_option()")
        self.remove_pip_package(pip_package)
        self._made_pip_lines().append(pip_package)

    def remove_pip_package(self, pip_package: str) -> None:
        """Whatever its version."""
        if _is_option(pip_package):
            raise UserErrorException(f"{pip_package!r} is an option, not a package; use remove_pip_option()")
        name = _normal(pip_package)
        for lines in self._pip_lists:
            lines[:] = [line for line in lines if _is_option(line) or _normal(line) != name]

    def set_pip_option(self, pip_option: str) -> None:
        if not _is_option(pip_option):
            raise UserErrorException(f"{pip_option!r} is no option, such as --extra-index-url URL")
        self.remove_pip_option(pip_option)
        self._made_pip_lines().append(pip_option)

    def remove_pip_option(self, pip_option: str) -> None:
        word = pip_option.split(maxsplit=1)[0]
        for lines in self._pip_lists:
            lines[:] = [line for line in lines if not _is_option(line) or line.split(maxsplit=1)[0] != word]

    def set_pip_index_url(self, index_url: str) -> None:
        self.set_pip_option(index_url if _is_option(index_url) else f"--index-url {index_url}")

    def set_pip_requirements(self, pip_requirements: Sequence[str]) -> None:
        """Replaces all; lines of a requirements file, comments and empty ones left out."""
        lines = [line.strip() for line in pip_requirements]
        self._made_pip_lines()[:] = [line for line in lines if line and not line.startswith("#")]

    def add_tensorflow_pip_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        self.add_pip_package(_tensorflow(core_type, version, "=="))

    def add_tensorflow_conda_package(self, core_type: str = "cpu", version: str | None = None) -> None:
        self.add_conda_package(_tensorflow(core_type, version, "="))

    def save_to_file(self, base_directory: str | Path, conda_file_path: str | Path | None = None) -> str:
        """Writes below `base_directory`, and returns the path from there."""
        name = str(conda_file_path or "auto_conda_dependencies.yml").replace("\\", "/")
        path = Path(base_directory).absolute() / name
        _write(path, self.serialize_to_string())
        return name

    def save(self, path: str | Path | None = None) -> str:
        if path is None or Path(path).is_dir():
            raise UserErrorException(f"{path}: is not the name of a file; give one, such as myenv.yml")
        _write(Path(path), self.serialize_to_string())
        return str(path)

    def serialize_to_string(self) -> str:
        """YAML, with its keys in the order in which they were made."""
        return yaml.safe_dump(self._conda_dependencies, sort_keys=False, default_flow_style=False)

    def as_dict(self) -> dict[str, Any]:
        copied: dict[str, Any] = yaml.safe_load(self.serialize_to_string())
        return copied

    @staticmethod
    def merge_requirements(requirements: Sequence[str]) -> list[str]:
        """Each name once, with all that is asked of it."""
        found: dict[str, list[str]] = {}
        for line in requirements:
            name = _name_of(line)
            found.setdefault(name, []).extend(part for part in [line.strip()[len(name) :].strip()] if part)
        return [name + ",".join(specs) for name, specs in found.items()]

    @staticmethod
    def sdk_origin_url() -> str:
        return os.environ.get("AZUREML_SDK_ORIGIN_URL", DEFAULT_SDK_ORIGIN)

    def _set_python(self, entry: str) -> None:
        entries = self._made_entries()
        for index, item in enumerate(entries):
            if isinstance(item, str) and _name_of(item) == "python":
                entries[index] = entry
                return
        entries.insert(0, entry)

    @property
    def _entries(self) -> list[Any]:
        return self._conda_dependencies.get("dependencies") or []

    @property
    def _pip_lists(self) -> list[list[str]]:
        return [item["pip"] for item in self._entries if isinstance(item, dict) and item.get("pip")]

    @property
    def _pip_lines(self) -> list[str]:
        return [str(line) for lines in self._pip_lists for line in lines]

    def _made_entries(self) -> list[Any]:
        if not self._conda_dependencies.get("dependencies"):
            self._conda_dependencies["dependencies"] = []
        entries: list[Any] = self._conda_dependencies["dependencies"]
        return entries

    def _made_pip_lines(self) -> list[str]:
        for item in self._made_entries():
            if isinstance(item, dict) and isinstance(item.get("pip"), list):
                lines: list[str] = item["pip"]
                return lines
        self._made_entries().append({"pip": []})
        return self._made_pip_lines()


def _beginning() -> dict[str, Any]:
    python = default_python()
    pinned = [f"python={python}"] if python else []
    return {
        "name": "project_environment",
        "dependencies": [*pinned, {"pip": ["azureml-defaults"]}],
        "channels": list(_CHANNELS),
    }


def _read(path: Path) -> dict[str, Any]:
    with raised_as(UserErrorException):
        content = read_document(path).value
    if not isinstance(content, dict):
        raise UserErrorException(f"{path}: is no conda file: it begins with `dependencies:` or `name:`")
    for key in content:
        if key not in _KEYS:
            raise UserErrorException(f"{path}: {key}: unknown key; known are {', '.join(_KEYS)}")
    return content


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserErrorException(f"{path}: cannot be written: {error.strerror}") from error


def _is_option(line: str) -> bool:
    return line.lstrip().startswith("-")


def _name_of(entry: str) -> str:
    found = _NAME.match(entry.strip())
    return found[1] if found else entry


def _normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", _name_of(requirement)).lower()


def _tensorflow(core_type: str, version: str | None, equals: str) -> str:
    name = "tensorflow-gpu" if core_type.lower() == "gpu" else "tensorflow"
    return f"{name}{equals}{version}" if version else name
