"""What is resolved for whom, as values."""

from dataclasses import dataclass
from pathlib import Path

from shipway.domain.canonical import sha256_hex


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


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Every package with version and hashes, as pip's requirement lines.

    `text` may be shown and kept: no URL in it has credentials; `private` is what uv is given. `apart` holds the scoring
    server's own packages where they clash with the author's, and are installed into a folder of their own; empty when
    all stand together in `text`. `told` are lines for whoever asked: what was taken as of which day, what was left out.
    """

    text: str
    private: str
    apart: str = ""
    told: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return sha256_hex(f"{self.text}\n{self.apart}".encode())
