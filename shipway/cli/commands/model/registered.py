"""What the registry holds: list, show, download, alias, delete. Keys of `-o json` are the v1 SDK's own words."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import Column, fields, mapping, moment, size
from shipway.cli.parser import Parser
from shipway.domain.model import ModelVersion
from shipway.errors import ModelNotFound

if TYPE_CHECKING:
    from shipway.registry.models import Registry

_COLUMNS = (
    Column("id", "ID"),
    Column("framework", "FRAMEWORK"),
    Column("size_bytes", "SIZE", size),
    Column("created_time", "CREATED", moment),
    Column("aliases", "ALIASES", " ".join),
    Column("tags", "TAGS", mapping),
)

_REFERENCE = "NAME:VERSION, NAME@ALIAS, or NAME for the newest"


def add_arguments(parser: Parser) -> None:
    find = parser.add_verb("list", _list, "the models of this workspace, newest first")
    find.add_argument("-n", "--name", help="of this name only")
    find.add_argument("-l", "--latest", action="store_true", help="the newest version of each name only")
    find.add_argument("--tag", action="append", default=[], metavar="KEY[=VALUE]", help="with this tag; repeatable")
    find.add_argument(
        "--property", action="append", default=[], metavar="KEY[=VALUE]", help="with this property; repeatable"
    )
    find.add_argument("--run-id", metavar="ID", help="from this training run")
    find.add_argument("--dataset-id", metavar="ID", help="told to mean nothing here")
    show = parser.add_verb("show", _show, "one model version and its files")
    _add_choice(show)
    show.add_argument("--run-id", metavar="ID", help="the newest version of -n NAME that came from this training run")
    fetch = parser.add_verb("download", _download, "write a model's files to a folder, every digest checked")
    _add_choice(fetch)
    fetch.add_argument("-t", "--target-dir", required=True, metavar="DIR", type=Path, help="made if it is not there")
    fetch.add_argument("--overwrite", action="store_true", help="replace files of the same names")
    alias = parser.add_verb("alias", _alias, "give a version a name that can move, such as champion")
    _add_choice(alias, by_word=False)
    alias.add_argument("alias", metavar="ALIAS", help="then NAME@ALIAS means this version")
    alias.add_argument("--remove", action="store_true", help="take the alias away")
    delete = parser.add_verb("delete", _delete, "delete one version; refused while a service uses it")
    _add_id(delete, "NAME:VERSION")
    delete.set_defaults(parser=delete)


def registry_of(context: Context) -> "Registry":
    from shipway.registry.models import Registry

    return Registry(context.workspace())


def _add_choice(parser: ArgumentParser, *, by_word: bool = True) -> None:
    _add_id(parser, _REFERENCE, by_word=by_word)
    parser.add_argument("-n", "--name", help="with --version, instead of an id")
    parser.add_argument("--version", metavar="N", help="default: the newest")
    parser.set_defaults(parser=parser)


def _add_id(parser: ArgumentParser, meaning: str, *, by_word: bool = True) -> None:
    """v1's article has the id alone: `az ml model delete NAME:1`."""
    parser.add_argument("-i", "--model-id", metavar="ID", help=meaning)
    parser.set_defaults(word=None)
    if by_word:
        parser.add_argument("word", nargs="?", metavar="ID", help="the same without -i")


def _settle_id(args: Namespace) -> None:
    if args.word is None:
        return
    if args.model_id is not None and args.model_id != args.word:
        args.parser.error(f"two models are named, {args.model_id} and {args.word}: give one")
    args.model_id = args.word


def _list(args: Namespace, context: Context) -> int:
    registry = registry_of(context)
    if args.dataset_id:
        context.output.say("--dataset-id: there are no data sets here; every model is shown")
    versions = registry.list(
        args.name,
        tags=[_wanted(text) for text in args.tag],
        properties=[_wanted(text) for text in args.property],
        run_id=args.run_id,
        latest=args.latest,
    )
    aliases = {name: registry.aliases(name) for name in {version.name for version in versions}}
    records = [document_of(version, _aliases_of(version, aliases[version.name])) for version in versions]
    asked = args.name or args.tag or args.property or args.run_id
    nothing = "no model is like that" if asked else "no model is registered yet; try `shipway model register --help`"
    context.output.records(records, _COLUMNS, empty=nothing)
    return 0


def _show(args: Namespace, context: Context) -> int:
    registry = registry_of(context)
    version = _from_run(args, registry) if args.run_id else registry.resolve(_reference(args))
    used_by = [f"{use.service}/{use.revision}" for use in registry.uses(version.ref)]
    document = document_of(version, _aliases_of(version, registry.aliases(version.name))) | {
        "files": [{"path": f.path, "digest": f.digest, "size_bytes": f.size_bytes} for f in version.tree.files],
        "used_by": used_by,
    }
    files = [f"  {file.digest[:12]}  {size(file.size_bytes):>9}  {file.path}" for file in version.tree.files]
    context.output.record(document, [*lines_of(document | {"used by": " ".join(used_by)}), "files", *files])
    return 0


def _download(args: Namespace, context: Context) -> int:
    registry = registry_of(context)
    version = registry.resolve(_reference(args))
    path = registry.download(version.ref, args.target_dir, exist_ok=args.overwrite)
    context.output.record({"id": version.id, "path": str(path)}, [str(path)])
    return 0


def _alias(args: Namespace, context: Context) -> int:
    registry = registry_of(context)
    version = registry.resolve(_reference(args))
    if args.remove:
        registry.delete_alias(version.name, args.alias)
        context.output.record({"name": version.name, "alias": args.alias}, [f"{version.name}@{args.alias} is gone"])
        return 0
    registry.set_alias(version.ref, args.alias)
    document = {"id": version.id, "alias": args.alias}
    context.output.record(document, [f"{version.name}@{args.alias} is {version.id}"])
    return 0


def _delete(args: Namespace, context: Context) -> int:
    _settle_id(args)
    if args.model_id is None:
        args.parser.error("the following arguments are required: -i/--model-id")
    registry = registry_of(context)
    registry.delete(args.model_id, now=datetime.now(UTC))
    context.output.record({"id": args.model_id}, [f"deleted {args.model_id}; `shipway gc` frees its disk"])
    return 0


def _from_run(args: Namespace, registry: "Registry") -> ModelVersion:
    _settle_id(args)
    if args.model_id is not None or args.version is not None:
        args.parser.error("give --run-id with -n NAME or alone, or else an id")
    found = registry.list(args.name, run_id=args.run_id)
    if not found:
        of = f" of {args.name}" if args.name else ""
        raise ModelNotFound(f"ModelNotFound: no version{of} came from run {args.run_id}; see `shipway model list`")
    return found[0]


def _reference(args: Namespace) -> str:
    _settle_id(args)
    if (args.model_id is None) == (args.name is None):
        args.parser.error("give either -i ID or -n NAME [--version N]")
    if args.model_id is not None:
        return str(args.model_id)
    return f"{args.name}:{args.version}" if args.version else str(args.name)


def document_of(version: ModelVersion, aliases: tuple[str, ...]) -> dict[str, Any]:
    run = version.run
    return {
        "id": version.id,
        "name": version.name,
        "version": version.version,
        "created_time": version.created_at,
        "description": version.description,
        "framework": version.framework,
        "framework_version": version.framework_version,
        "tags": dict(version.tags),
        "properties": dict(version.properties),
        "aliases": list(aliases),
        "digest": version.digest,
        "size_bytes": version.tree.size_bytes,
        "release_id": version.release_id,
        "run_id": run.run_id if run else None,
        "experiment_name": run.experiment if run else None,
        "run_ended": run.ended_at if run else None,
        "run_path": run.path if run else None,
        "resource_configuration": asdict(version.resources) if version.resources else None,
    }


def lines_of(document: Mapping[str, Any]) -> list[str]:
    framework = f"{document['framework']} {document['framework_version']}".strip()
    shown = {
        "id": document["id"],
        "aliases": " ".join(document["aliases"]),
        "description": document["description"],
        "framework": framework,
        "tags": mapping(document["tags"]),
        "properties": mapping(document["properties"]),
        "created": moment(document["created_time"]),
        "release": document["release_id"] or "",
        "run": _run(document),
        "resources": _resources(document["resource_configuration"] or {}),
        "size": size(document["size_bytes"]),
        "digest": document["digest"],
        "used by": document.get("used by", ""),
    }
    return fields(shown)


def _run(document: Mapping[str, Any]) -> str:
    if document["run_id"] is None:
        return ""
    ended = f", ended {moment(document['run_ended'])}" if document["run_ended"] else ""
    return f"{document['run_id']} of experiment {document['experiment_name']}{ended}: {document['run_path']}"


def _resources(given: Mapping[str, Any]) -> str:
    units = {"cpu_cores": "cores", "memory_gb": "GB", "gpu_cores": "GPUs"}
    return ", ".join(f"{given[name]:g} {unit}" for name, unit in units.items() if given.get(name) is not None)


def _aliases_of(version: ModelVersion, aliases: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(alias for alias, number in aliases.items() if number == version.version)


def _wanted(text: str) -> str | tuple[str, str]:
    """`key` for any value, `key=value` for that one."""
    key, equals, value = text.partition("=")
    return (key, value) if equals else key
