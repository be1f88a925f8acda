"""Packages whose metadata uv refuses and pip took for years, such as `pytz (>=2011k)` of pandas 0.24.

What such a package requires is read from its wheel, put into today's words, and given to uv as `dependency-metadata`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from email.parser import HeaderParser

from shipway.image.interpreters import own_interpreter
from shipway.image.packages.question import Question, index_options, platform_arguments
from shipway.image.uv import run_uv, scratch_folder
from shipway.machine.state import MachineState

_UNREADABLE = re.compile(
    r"(?:Metadata for|The structure of) `([^`]+)` \(v([^)]+)\) (?:could not be parsed|was invalid:\s+The metadata)"
)
_REQUIRES = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?)\s*\(?(?P<bounds>[^;()]*)\)?\s*(?P<marker>;.*)?")
_VERSION = r"\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?(?:\.\*)?"
_BOUND = re.compile(rf"(?P<operator>===|==|~=|!=|<=|>=|<|>)\s*(?P<version>{_VERSION})")


def unreadable(words: str) -> set[str]:
    """`name==version` of each package whose metadata uv refused."""
    return {f"{name}=={version}" for name, version in _UNREADABLE.findall(words)}


def in_todays_words(requires: str) -> str:
    """One `Requires-Dist`: a bound that no resolver of today reads is taken without its letters. Pure."""
    match = _REQUIRES.fullmatch(requires.strip())
    if match is None or "@" in requires:
        return requires
    bounds = ",".join(f"{b['operator']}{b['version']}" for b in _BOUND.finditer(match["bounds"]))
    marker = f" {match['marker'].strip()}" if match["marker"] else ""
    return f"{match['name'].strip()}{bounds}{marker}"


def read_requires(pin: str, question: Question, state: MachineState) -> tuple[str, ...]:
    """What the wheel of `name==version` says that it requires. Raises UvFailed when there is none."""
    what = f"the metadata of {pin} cannot be read"
    python = question.there.interpreter or own_interpreter().path
    text = "\n".join([*index_options(question.lines), pin])
    with scratch_folder(state) as folder:
        arguments = ["pip", "install", "-q", "--python", str(python), *platform_arguments(question.there)]
        arguments += ["--no-deps", "--only-binary", ":all:", "--target", str(folder), "-r", "-"]
        run_uv(arguments, cwd=state.locks, what=what, text=text)
        (path,) = folder.glob("*.dist-info/METADATA")
        headers = HeaderParser().parsestr(path.read_text(encoding="utf-8", errors="replace"))
    return tuple(in_todays_words(str(line)) for line in headers.get_all("Requires-Dist") or ())


def as_settings(known: Mapping[str, Iterable[str]]) -> str:
    """A uv.toml. A JSON text is a TOML text too."""
    tables: list[str] = []
    for pin, requires in sorted(known.items()):
        name, _, version = pin.partition("==")
        values = {"name": name, "version": version, "requires-dist": list(requires)}
        tables += ["[[dependency-metadata]]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""]
    return "\n".join(tables)
