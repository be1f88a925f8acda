"""An asset looked at from all sides before anything is built, registered or started."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from shipway.asset.azureml_packages import packages_of_azure, with_packages
from shipway.asset.configs import Configs, conda_files, read_configs
from shipway.asset.date import day_of_asset
from shipway.asset.finding import Area, Finding, Severity
from shipway.asset.imports import Imports, Provided, imports_of, provided
from shipway.asset.in_image import imports_in_image
from shipway.asset.kinds import kind_of_script
from shipway.asset.missing import missing_imports
from shipway.asset.models import Named, asked_by_script, look_up, without_code
from shipway.asset.needed import installed_by, mending_of_script, script_with, syntax_findings
from shipway.asset.pythons import Chosen, choose_python
from shipway.asset.question import Question
from shipway.asset.report import Report, in_order
from shipway.asset.resolving import Resolved, resolve_for
from shipway.asset.script_faults import script_findings
from shipway.asset.target import Base, choose_base, choose_place, unhonoured
from shipway.asset.tree import Entry, Tree, read_entry
from shipway.config.profile import on_its_day
from shipway.domain.environment import Environment, InferenceConfig
from shipway.errors import MachineError
from shipway.image.interpreters import own_interpreter
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.packages.mending import Proposal
from shipway.machine.state import MachineState


def look_at(question: Question) -> Report:
    """Everything is looked at that can be: one fault hides no other. Asks the package index once. Leaves nothing.

    Raises StoreError when the workspace cannot be read.
    """
    configs = read_configs(question)
    findings = list(configs.findings)
    with TemporaryDirectory(prefix="shipway-check-") as folder:
        place = choose_place(question.target, configs.deployment, MachineState(Path(folder)))
    findings += place.findings
    if configs.deployment is not None:
        findings += unhonoured(configs.deployment, place.kind)
    entry = read_entry(configs.script) if configs.script else None
    models = look_up(question)
    findings += [model.finding for model in models]
    findings += asked_by_script(models, entry.tree) if entry and entry.tree else ()
    if entry is not None and (kind := _script_kind(entry)) is not None:
        return Report(findings=in_order([kind, *(f for f in findings if "does not define" not in f.message)]))
    if configs.inference is None:
        findings += [without_code(models)] if question.inference is None else []
        return Report(findings=in_order(findings))
    inference = _on_its_day(configs.inference, question, configs, models)
    chosen, base = _chosen(inference.environment, place.kind, question.python, is_read=configs.environment_read)
    findings += [*chosen.findings, *base.findings]
    report = _of_environment(inference, chosen, base.image, entry, whole=configs.whole, relax=question.relax)
    return replace(report, findings=in_order([*findings, *report.findings]))


def _chosen(environment: Environment, kind: str, python: Path | None, *, is_read: bool) -> tuple[Chosen, Base]:
    if is_read:
        return choose_python(environment, kind, python), choose_base(environment, kind)
    message = "not judged: the environment cannot be read"
    unknown = [Finding(area=area, severity=Severity.NOTE, message=message) for area in (Area.PYTHON, Area.ENVIRONMENT)]
    return Chosen(there=None, findings=tuple(unknown)), Base(findings=())


def _of_environment(
    inference: InferenceConfig, chosen: Chosen, image: str | None, entry: Entry | None, *, whole: bool, relax: bool
) -> Report:
    """What the script and its packages make of each other. Unless the config is `whole`, nothing is added to them."""
    there = chosen.there or PythonThere(version=own_interpreter().version)
    offered = provided()
    imports, told = _read_imports(inference, chosen.there, image)
    changes = packages_of_azure(inference.environment, imports, offered) if whole else ()
    environment = with_packages(inference.environment, changes)
    resolved = Resolved(environment=environment)
    if chosen.there is not None:
        known = partial(_known, inference, chosen.there)
        resolved = resolve_for(environment, chosen.there, imports, offered, known=known, relax=relax)
    inference = replace(inference, environment=resolved.environment)
    findings = [*told, *resolved.findings, *_of_imports(inference, imports, resolved, there, offered)]
    if entry is not None and entry.tree is not None:
        findings += _of_script(entry.tree, imports, resolved, there)
    python = chosen.there.version if chosen.there else None
    return Report(findings=tuple(findings), python=python, packages=resolved.packages)


def _known(inference: InferenceConfig, there: PythonThere, environment: Environment, lock: Lock) -> Proposal | None:
    return mending_of_script(replace(inference, environment=environment), lock, there)


def _on_its_day(
    inference: InferenceConfig, question: Question, configs: Configs, models: Sequence[Named]
) -> InferenceConfig:
    """The day that was asked for, else the asset's own."""
    environment = on_its_day(inference.environment, question.as_of or inference.environment.as_of)
    files = [*([configs.script] if configs.script else []), *conda_files(question, inference)]
    day = day_of_asset(environment, (model.run for model in models), files)
    return replace(inference, environment=on_its_day(environment, day.day if day else None))


def _read_imports(
    inference: InferenceConfig, there: PythonThere | None, image: str | None
) -> tuple[Imports, tuple[Finding, ...]]:
    """On the asset's own Python, of this machine or of the base image, for that one judges the script's syntax; on
    Shipway's own where there is neither, or where nobody knows which one it is."""
    try:
        imports = imports_of(inference, there.interpreter if there else None)
    except MachineError as error:
        return Imports(python=there.version if there else ""), (_script(Severity.NOTE, str(error)),)
    if there is None:
        return imports, tuple(syntax_findings(imports, is_judge=False))
    is_judge = there.interpreter is not None or imports.python.startswith(f"{there.minor}.")
    if not is_judge and image is not None and (found := imports_in_image(image, there.minor, inference)):
        imports, is_judge = found, True
    return imports, tuple(syntax_findings(imports, is_judge=is_judge))


def _of_imports(
    inference: InferenceConfig, imports: Imports, resolved: Resolved, there: PythonThere, offered: Provided
) -> Iterator[Finding]:
    """Without a lock only what no package could mend."""
    if imports.syntax is not None or not imports.files:
        return
    lock = resolved.lock or Lock(text="", private="", on_top=True)
    found = list(missing_imports(imports, installed_by(inference, lock, there.version), offered))
    if resolved.lock is None:
        yield from (finding for finding in found if finding.severity is Severity.FAULT)
        return
    yield from found
    if not any(finding.severity is Severity.FAULT for finding in found):
        modules = {statement.module for statement in imports.statements if not statement.local}
        own = len(imports.files) - 1
        beside = f" and {own} of the author's own modules" if own else ""
        message = f"{len(modules)} modules imported by {imports.files[0]}{beside}; none is known to be missing"
        yield Finding(area=Area.IMPORTS, severity=Severity.OK, message=message)


def _of_script(tree: Tree, imports: Imports, resolved: Resolved, there: PythonThere) -> Iterator[Finding]:
    file = imports.files[0] if imports.files else "the script"
    script = script_with(tree, file, resolved.environment, resolved.packages, there)
    found = list(script_findings(script))
    yield from found
    if not found and imports.syntax is None:
        yield _script(Severity.OK, f"{file} parses on Python {imports.python} and defines init() and run()")


def _script_kind(entry: Entry) -> Finding | None:
    kind = kind_of_script(entry.path.name, entry.text, entry.tree)
    if kind is None:
        return None
    return Finding(area=Area.KIND, severity=Severity.FAULT, message=kind.line, place=entry.path.name)


def _script(severity: Severity, message: str, place: str = "") -> Finding:
    return Finding(area=Area.SCRIPT, severity=severity, message=message, place=place)
