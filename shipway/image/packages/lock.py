"""What is resolved for whom, as values, and a lock read line by line. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shipway.domain.canonical import sha256_hex

_PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(?:==\s*(?P<version>[^\s;\\]+)|@\s*\S+)")


@dataclass(frozen=True, kw_only=True)
class PythonThere:
    """The Python that packages are for: `version` is whole, such as 3.6.15, for resolvers take 3.6 as 3.6.0.

    `platform` is uv's name for where it runs, such as x86_64-manylinux_2_36; None for this machine, whose `interpreter`
    it then is. In an image `interpreter` is None, or one of this machine of the same minor version to build with.
    """

    version: str
    platform: str | None = None
    interpreter: Path | None = None

    @property
    def minor(self) -> str:
        """Such as 3.6."""
        return ".".join(self.version.split(".")[:2])

    @property
    def called(self) -> str:
        """For messages."""
        return f"Python {self.version} on {self.platform}" if self.platform else f"Python {self.version}"


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Every package with version and hashes, as pip's requirement lines.

    `text` may be shown and kept: no URL in it has credentials; `private` is what uv is given. `apart` holds the scoring
    server's own packages where they clash with the author's, and are installed into a folder of their own (from
    `apart_private`); empty when all stand together in `text`. `on_top` says that the packages of the Python below are
    seen too: the author manages them, and nothing but the server's own is installed. `told` are lines for whoever
    asked: what was taken as of which day, what was left out.
    """

    text: str
    private: str
    apart: str = ""
    apart_private: str = ""
    on_top: bool = False
    told: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of all that is installed; `told` and credentials decide nothing."""
        return sha256_hex("\n".join([self.text, self.apart, *(["on top"] if self.on_top else [])]).encode())


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One package of a lock: its whole `block` is the requirement with its hashes. `version` is None for a URL."""

    name: str
    version: str | None
    block: str

    @property
    def requirement(self) -> str:
        """Without the hashes."""
        return self.block.splitlines()[0].removesuffix("\\").strip()


def pins_of(lock: str) -> Iterator[Pin]:
    """In the lock's order; option lines and comments are passed over."""
    lines = lock.splitlines()
    for number, line in enumerate(lines):
        if (match := _PIN.match(line)) is None:
            continue
        end = next((n for n in range(number + 1, len(lines)) if not lines[n].startswith((" ", "\t"))), len(lines))
        block = "\n".join(lines[number:end])
        yield Pin(name=normal_name(match["name"]), version=match["version"], block=block)


def packages_in(lock: str) -> list[str]:
    """`name==version` of each package of a lock."""
    return [f"{pin.name}=={pin.version}" for pin in pins_of(lock) if pin.version]


def normal_name(name: str) -> str:
    """As indexes compare names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
