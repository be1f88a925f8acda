"""What is said of an asset before it is built, one thing at a time."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """From what is as it should be to what stops a release."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing will differ from v1."""
    DIFFERENCE = "difference"
    """It will run, and something will not be as it was on Azure, or may not be."""
    FAULT = "fault"
    """It will not run."""


class Area(StrEnum):
    """What a finding is about, in the order in which they are shown."""

    KIND = "kind"
    CONFIG = "config"
    PYTHON = "python"
    BASE_IMAGE = "base image"
    ENVIRONMENT = "environment"
    IMPORTS = "imports"
    SCRIPT = "script"
    MODELS = "models"
    TARGET = "target"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`place` is `file:line` or a file, empty where there is none; `details` are lines below it, such as a diff."""

    area: Area
    severity: Severity
    message: str
    place: str = ""
    details: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message
