"""Pages as a person sees them: headless Chromium opens one, and says what is on it."""

import html
import os
import re
import shutil
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

from tests.absent import absent

_TRIES = 5
_RENDERED_MS = 12_000
"""How long a page may go on loading, in the browser's own time, which runs faster than ours."""


@dataclass(frozen=True)
class Browser:
    """`folder` takes its profile. Pictures are for people: `docs/pictures` has some of them."""

    folder: Path

    def text(self, url: str, *, shows: str) -> str:
        """All that stands in the page's document, without its markup; opened again, a few times at most, until it
        `shows` a text: the browser does not wait for a server that is busy."""
        for _ in range(_TRIES):
            text = html.unescape(re.sub(r"<[^>]*>", "|", self._open(url, "--dump-dom")))
            if shows in text:
                break
        return text

    def picture(self, url: str, name: str) -> Path:
        """SHIPWAY_PICTURES names the folder that keeps it, to have docs/pictures anew."""
        path = Path(os.environ.get("SHIPWAY_PICTURES") or self.folder) / f"{name}.png"
        self._open(url, f"--screenshot={path.resolve()}")
        return path

    def _open(self, url: str, how: str) -> str:
        program = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
        if program is None:
            absent("there is no Chromium on the path")
        words = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        words += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        words += [f"--user-data-dir={self.folder / 'profile'}", "--window-size=1400,1100"]
        done = subprocess.run(
            [*words, f"--virtual-time-budget={_RENDERED_MS}", how, url],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HOME": str(self.folder)},
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def shades(picture: Path) -> int:
    """How many values its bytes have: a page that stayed blank has a handful."""
    content, at, packed = picture.read_bytes(), 8, b""
    while at < len(content):
        size, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        packed += content[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return len(set(zlib.decompress(packed)))
