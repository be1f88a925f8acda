"""What an entry script does that will go wrong or differ, seen in its text with file and line. Pure: nothing is run."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.removed_names import REMOVED, Removed
from shipway.asset.tree import Function, Tree, dotted
from shipway.domain.environment import PinChange
from shipway.image.packages.mending.pins import AskedPin, bounded
from shipway.image.packages.mending.proposal import each_once

_FETCHING = (
    *("nltk.download", "urllib.request.urlretrieve", "urllib.urlretrieve", "urllib.request.urlopen", "wget.download"),
    *("requests.get", "requests.post", "spacy.cli.download", "torch.hub.load", "tensorflow_hub.load", "gdown.download"),
    *("tensorflow.keras.utils.get_file", "keras.utils.get_file", "stanza.download", "mlflow.pyfunc.load_model"),
)
"""Calls that want a network, or a service elsewhere."""

_APP_ROOT = "/var/azureml-app"


@dataclass(frozen=True, kw_only=True)
class Script:
    """An entry script that was read. `versions` are those of the packages that it will run with, by name. `is_legacy`:
    its server is that of azureml-defaults up to 1.42, which took other signatures."""

    file: str
    tree: Tree
    python: str
    versions: Mapping[str, str | None] = field(default_factory=dict)
    is_legacy: bool = False
    left_open: frozenset[str] = frozenset()
    """The packages whose version the author left to the day."""
    in_container: bool = False


def script_findings(script: Script) -> Iterator[Finding]:
    """In the order of what stops the service first."""
    functions = script.tree.functions
    if (init := functions.get("init")) is not None:
        yield from _init(script, init)
    if (run := functions.get("run")) is not None:
        yield from _run(script, run)
    names = names_in(script.tree)
    yield from _removed(script, names)
    yield from _fetches(script, names, functions)
    yield from _installs(script)
    yield from _devices(script, names)
    if not script.in_container:
        yield from _hard_coded(script)


def changes_for_names(script: Script, asked: Mapping[str, AskedPin]) -> tuple[PinChange, ...]:
    """The pins with which the names that its imports cannot do without are there again; whether they resolve is to be
    tried. `asked` are the author's own."""
    found: list[PinChange] = []
    for used, removed in _taken_away(script, names_in(script.tree)):
        if used.is_import and used.at_module_level and removed.package != "python":
            reason = f"{removed.package} {removed.since} took away {removed.name}"
            change = bounded(asked, f"{_there(removed, script)[0]}<{removed.since}", reason)
            found += [change] if change is not None else []
    return each_once(found)


def model_names(tree: Tree) -> dict[str, int]:
    """The models that `Model.get_model_path("name")` asks for by a literal, with the line of the first."""
    found: dict[str, int] = {}
    for call in tree.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "get_model_path":
            given = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "model_name")]
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.setdefault(value.value, call.lineno)
    return found


@dataclass(frozen=True)
class Used:
    """A dotted name as the library calls it, where it is used."""

    name: str
    line: int
    is_import: bool = False
    at_module_level: bool = False


def names_in(tree: Tree) -> list[Used]:
    """Every dotted name that begins with an imported module, aliases resolved, and every name that is imported."""
    aliases: dict[str, str] = {}
    used: list[Used] = []
    top = set(map(id, tree.module.body))  # what stands in a try is none of it: the script may go on without
    for node in tree.nodes:
        if isinstance(node, ast.Import):
            aliases |= {
                a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0]
                for a in node.names
            }
            used += [Used(a.name, node.lineno, True, id(node) in top) for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            aliases |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            used += [Used(f"{node.module}.{a.name}", node.lineno, True, id(node) in top) for a in node.names]
    for node in tree.nodes:
        if isinstance(node, ast.Attribute) and (name := dotted(node)):
            first, _, rest = name.partition(".")
            if first in aliases:
                used.append(Used(f"{aliases[first]}.{rest}", node.lineno))
    return used


def _init(script: Script, init: Function) -> Iterator[Finding]:
    wanted = len(init.args.args) + len(init.args.posonlyargs) - len(init.args.defaults)
    if wanted > 0:
        yield _finding(
            script, init.lineno, Severity.FAULT, "init() is called without arguments, and this one wants some"
        )


def _run(script: Script, run: Function) -> Iterator[Finding]:
    """What the server refuses to start with (contract E-4 to E-8)."""
    decorators = {dotted(d.func if isinstance(d, ast.Call) else d).rpartition(".")[2] for d in run.decorator_list}
    has_schema = "input_schema" in decorators
    for message in _unfit(run.args, has_schema=has_schema, is_legacy=script.is_legacy):
        yield _finding(script, run.lineno, Severity.FAULT, message)
    if "rawhttp" in decorators and has_schema and not script.is_legacy:
        message = "run() has both @rawhttp and @input_schema, with which the server does not start (nor did v1's)"
        yield _finding(script, run.lineno, Severity.FAULT, message)


def _unfit(arguments: ast.arguments, *, has_schema: bool, is_legacy: bool) -> Iterator[str]:
    named = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    stars = [f"*{a.arg}" for a in [arguments.vararg] if a] + [f"**{a.arg}" for a in [arguments.kwarg] if a]
    if not named and not stars:
        yield "run() has no parameter for the request; write run(data)"
    elif is_legacy:
        if len(named) > 2 and not has_schema:
            yield "run() has more than two parameters, with which the server of azureml-defaults 1.42 did not start"
    elif stars:
        yield f"run() takes {', '.join(stars)}, with which the server of azureml-defaults 1.45 and later does not start"
    elif arguments.posonlyargs:
        yield "run() is called with names: its parameters cannot be positional-only"
    elif named == ["request_headers"]:
        yield "run() takes request_headers alone; it needs a parameter for the request as well"


def _removed(script: Script, names: list[Used]) -> Iterator[Finding]:
    for used, removed in _taken_away(script, names):
        stops = used.is_import and used.at_module_level
        severity = Severity.FAULT if stops else Severity.DIFFERENCE
        when = "" if stops else "; it fails when this line is reached"
        of_its_day = ", or take the packages of its day: --as-of" if removed.package in script.left_open else ""
        version = _there(removed, script)[1]
        message = f"{removed.package} {version} has no {removed.name} any more{when}: {removed.instead}{of_its_day}"
        yield _finding(script, used.line, severity, message)


def _taken_away(script: Script, names: list[Used]) -> Iterator[tuple[Used, Removed]]:
    """Each name that the version which will be there has no more, at its first use."""
    told: set[str] = set()
    for used in names:
        for removed in REMOVED:
            hit = used.name == removed.name or used.name.startswith(f"{removed.name}.")
            if not hit or removed.name in told:
                continue
            version = _there(removed, script)[1]
            if version and _numbers(version) >= _numbers(removed.since):
                told.add(removed.name)
                yield used, removed


def _there(removed: Removed, script: Script) -> tuple[str, str | None]:
    """The package that will bring the module, and its version; None where none of them will be there."""
    names = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "intel-tensorflow")}
    versions = {**script.versions, "python": script.python}
    packages = names.get(removed.package, (removed.package,))
    return next(((name, versions[name]) for name in packages if versions.get(name)), (removed.package, None))


def _fetches(script: Script, names: list[Used], functions: Mapping[str, Function]) -> Iterator[Finding]:
    for used in names:
        if used.name in _FETCHING and not used.is_import:
            where = _where(used.line, functions)
            message = f"{used.name} wants a network {where}"
            if used.name == "nltk.download":
                message += "; without one, put the data into the source directory or the model and name it in NLTK_DATA"
            yield _finding(script, used.line, Severity.NOTE, message)


def _where(line: int, functions: Mapping[str, Function]) -> str:
    for name, function in functions.items():
        if function.lineno <= line <= (function.end_lineno or function.lineno):
            return {"init": "when the service starts", "run": "at each request"}.get(name, f"in {name}()")
    return "when the script is imported"


def _installs(script: Script) -> Iterator[Finding]:
    for call in script.tree.calls:
        words = " ".join(str(node.value) for node in ast.walk(call) if isinstance(node, ast.Constant))
        if " install" in f" {words}" and "pip" in words.split() and _is_command(call):
            message = "the script installs packages itself: name them in the environment, for no lock knows of these"
            yield _finding(script, call.lineno, Severity.DIFFERENCE, message)


def _is_command(call: ast.Call) -> bool:
    return dotted(call.func).partition(".")[0] in {"subprocess", "os", "pip"}


def _devices(script: Script, names: list[Used]) -> Iterator[Finding]:
    for call in script.tree.calls:
        texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        is_cuda = isinstance(call.func, ast.Attribute) and call.func.attr == "cuda" and not call.args
        if is_cuda or any(text.lower().startswith(("cuda", "/gpu", "/device:gpu")) for text in texts):
            if any(used.name.startswith("torch.cuda.is_available") for used in names):
                return
            message = "it asks for a GPU; containers here are given none, so this fails or runs on the CPU"
            yield _finding(script, call.lineno, Severity.DIFFERENCE, message)
            return


def _hard_coded(script: Script) -> Iterator[Finding]:
    for node in script.tree.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(_APP_ROOT):
            message = f"{_APP_ROOT} is where containers have the app root; on the process target it lies elsewhere"
            yield _finding(script, node.lineno, Severity.DIFFERENCE, f"{message} (AML_APP_ROOT): take docker")
            return


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:3]
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in parts)


def _finding(script: Script, line: int, severity: Severity, message: str) -> Finding:
    return Finding(area=Area.SCRIPT, severity=severity, message=message, place=f"{script.file}:{line}")
