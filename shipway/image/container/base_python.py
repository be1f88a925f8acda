"""The Pythons of a base image, by asking it: where they are is never assumed. `choose_python` and the rest are pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shipway.errors import BuildError
from shipway.image.container.base_choice import HOW_TO_CHOOSE
from shipway.image.container.layer_tar import Entry
from shipway.image.interpreters import satisfies

_ASK = """
import json, os, platform, sys
def folders(depth, above):
    for name in sorted(os.listdir(above)):
        path = os.path.join(above, name)
        if os.path.isdir(path) and not os.path.islink(path) and path not in ("/proc", "/sys", "/dev"):
            found = os.stat(path)
            yield [path[1:], found.st_mode & 0o7777, found.st_uid, found.st_gid]
            for below in folders(depth - 1, path) if depth > 1 else ():
                yield below
def text(path):
    try:
        with open(path) as file:
            return file.read()
    except (IOError, OSError):
        return ""
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION") or "musl"
except (ValueError, OSError):
    libc = "musl"
if sys.version_info >= (3, 6):
    print(json.dumps({
        "version": platform.python_version(), "executable": os.path.realpath(sys.executable),
        "machine": platform.machine(), "libc": libc, "passwd": text("/etc/passwd"), "group": text("/etc/group"),
        "folders": list(folders(2, "/")),
    }))
"""

_ASK_ALL = """
IFS=:
for folder in $PATH /usr/local/bin /usr/bin /opt/conda/bin /opt/miniconda/bin /root/miniconda3/bin /opt/venv/bin; do
    for python in "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9] "$folder"/python3 "$folder"/python; do
        [ -x "$python" ] && "$python" -c "$1" 2>/dev/null
    done
done
true
"""

QUESTIONS: tuple[Sequence[str], ...] = (
    ("/bin/sh", "-c", _ASK_ALL, "sh", _ASK),
    ("python3", "-c", _ASK),
    ("/usr/bin/python3", "-c", _ASK),
)
"""Ways to ask, the best first: some images have no shell."""


def question_for(interpreter: str) -> tuple[Sequence[str], ...]:
    """The way to ask one Python, by its path or by its name on the image's PATH."""
    return ((interpreter, "-c", _ASK),)


@dataclass(frozen=True, kw_only=True)
class BasePython:
    """`executable` is a real path in the image. `libc` is `glibc 2.36` or `musl`. `passwd` and `group` are the image's
    own files, `folders` those at its root and one below, as they are."""

    version: str
    executable: str
    machine: str
    libc: str
    passwd: str
    group: str
    folders: tuple[Entry, ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        return (*(int(part) for part in self.version.split(".")[:2]), _patch(self.version))

    @property
    def minor(self) -> str:
        """Such as 3.11."""
        return ".".join(self.version.split(".")[:2])


def pythons_in(printed: bytes) -> tuple[BasePython, ...]:
    """From what a question printed, each once, in the order of the image's own PATH. `3.8.0+` is Debian's for 3.8.0."""
    found: dict[str, BasePython] = {}
    for line in printed.decode(errors="replace").splitlines():
        if line.startswith("{"):
            told = json.loads(line)
            folders = tuple(Entry(path=p, mode=mode, owner=u, group=g) for p, mode, u, g in told["folders"])
            python = BasePython(**{**told, "version": told["version"].rstrip("+"), "folders": folders})
            found.setdefault(python.executable, python)
    return tuple(found.values())


def choose_python(there: Iterable[BasePython], pin: str | None, *, base: str) -> BasePython:
    """The first that fits; of a pin's major and minor number any patch level will do. Raises BuildError."""
    there = tuple(there)
    if not there:
        raise BuildError(f"base image {base} has no Python from 3.6 on; {HOW_TO_CHOOSE}")
    good = [python for python in there if pin is None or satisfies(python.numbers, pin)]
    if not good:
        names = ", ".join(python.version for python in there)
        raise BuildError(f"base image {base} has Python {names}, and the environment pins {pin}; {HOW_TO_CHOOSE}")
    return next((python for python in good if python.version == pin), good[0])


def platform_of(machine: str, libc: str, *, base: str) -> str:
    """uv's name for where wheels must run: `x86_64-manylinux_2_36`. Raises BuildError for what uv has no name for."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    if machine not in {"x86_64", "aarch64"}:
        raise BuildError(f"base image {base} is for {machine}; images are built for x86_64 and aarch64")
    if libc == "musl":
        return f"{machine}-unknown-linux-musl"
    version = tuple(int(part) for part in libc.rsplit(maxsplit=1)[-1].split(".")[:2])
    known = [minor for minor in _MANYLINUX if (2, minor) <= version]
    if not known:
        raise BuildError(f"base image {base} has {libc}, and wheels need 2.17 or newer; choose a newer one")
    return f"{machine}-manylinux_2_{max(known)}"


_MANYLINUX = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)
"""What `uv pip install --python-platform` knows (uv 0.8)."""


def _patch(version: str) -> int:
    digits = "".join(c if c.isdigit() else " " for c in version.split(".")[2]).split() if version.count(".") > 1 else []
    return int(digits[0]) if digits else 0
