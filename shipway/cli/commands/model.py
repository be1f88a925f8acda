"""shipway model ...: the registry, with the flags of `az ml model`. Keys of `-o json` are the v1 SDK's own words."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.context import Context
from shipway.cli.output import Column, fields, mapping, moment, size
from shipway.cli.parser import Parser, pairs
from shipway.domain.model import FRAMEWORKS, ModelVersion
from shipway.errors import MachineError

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
    _add_register(parser)
    find = parser.add_verb("list", _list, "the models of this workspace, newest first")
    find.add_argument("-n", "--name", help="of this name only")
    find.add_argument("-l", "--latest", action="store_true", help="the newest version of each name only")
    find.add_argument("--tag", action="append", default=[], metavar="KEY[=VALUE]", help="with this tag; repeatable")
    find.add_argument(
        "--property", action="append", default=[], metavar="KEY[=VALUE]", help="with this property; repeatable"
    )
    _add_choice(parser.add_verb("show", _show, "one model version and its files"))
    fetch = parser.add_verb("download", _download, "write a model's files to a folder, every digest checked")
    _add_choice(fetch)
    fetch.add_argument("-t", "--target-dir", required=True, metavar="DIR", type=Path, help="made if it is not there")
    fetch.add_argument("--overwrite", action="store_true", help="replace files of the same names")
    alias = parser.add_verb("alias", _alias, "give a version a name that can move, such as champion")
    _add_choice(alias)
    alias.add_argument("alias", metavar="ALIAS", help="then NAME@ALIAS means this version")
    alias.add_argument("--remove", action="store_true", help="take the alias away")
    delete = parser.add_verb("delete", _delete, "delete one version; refused while a service uses it")
    delete.add_argument("-i", "--model-id", required=True, metavar="ID", help="NAME:VERSION")


def run(args: Namespace, context: Context) -> int:
    from shipway.registry.models import Registry

    code: int = args.verb(args, context, Registry(context.workspace()))
    return code


def _add_register(parser: Parser) -> None:
    register = parser.add_verb("register", _register, "register a file or a folder as the next version of a model")
    register.set_defaults(parser=register)
    register.add_argument("-n", "--name", required=True)
    register.add_argument("-p", "--path", "--model-path", required=True, metavar="PATH", help="a file or a folder")
    register.add_argument("-d", "--description", default="")
    register.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    register.add_argument("--property", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    register.add_argument("--model-framework", metavar="NAME", help=", ".join(FRAMEWORKS))
    register.add_argument("--model-framework-version", default="", metavar="VERSION")
    register.add_argument(
        "-t", "--output-metadata-file", type=Path, metavar="FILE", help="write the id there as JSON, for later steps"
    )


def _add_choice(parser: ArgumentParser) -> None:
    parser.add_argument("-i", "--model-id", metavar="ID", help=_REFERENCE)
    parser.add_argument("-n", "--name", help="with --version, instead of an id")
    parser.add_argument("--version", metavar="N", help="default: the newest")
    parser.set_defaults(parser=parser)


def _register(args: Namespace, context: Context, registry: "Registry") -> int:
    version = registry.register_path(
        args.path,
        name=args.name,
        now=datetime.now(UTC),
        tags=pairs(args.parser, "--tag", args.tag),
        properties=pairs(args.parser, "--property", args.property),
        description=args.description,
        framework=args.model_framework,
        framework_version=args.model_framework_version,
    )
    if args.output_metadata_file is not None:
        _write_metadata(args.output_metadata_file, version)
    document = _document(version, ())
    context.output.record(document, [f"registered {version.id}", *_lines(document)])
    return 0


def _list(args: Namespace, context: Context, registry: "Registry") -> int:
    wanted = [_wanted(text) for text in args.property]
    versions = registry.list(args.name, tags=[_wanted(text) for text in args.tag], latest=args.latest)
    aliases = {name: registry.aliases(name) for name in {version.name for version in versions}}
    records = [
        _document(version, _aliases_of(version, aliases[version.name]))
        for version in versions
        if all(_has(version.properties, one) for one in wanted)
    ]
    asked = args.name or args.tag or args.property
    nothing = "no model is like that" if asked else "no model is registered yet; try `shipway model register --help`"
    context.output.records(records, _COLUMNS, empty=nothing)
    return 0


def _show(args: Namespace, context: Context, registry: "Registry") -> int:
    version = registry.resolve(_reference(args))
    used_by = [f"{use.service}/{use.revision}" for use in registry.uses(version.ref)]
    document = _document(version, _aliases_of(version, registry.aliases(version.name))) | {
        "files": [{"path": f.path, "digest": f.digest, "size_bytes": f.size_bytes} for f in version.tree.files],
        "used_by": used_by,
    }
    files = [f"  {file.digest[:12]}  {size(file.size_bytes):>9}  {file.path}" for file in version.tree.files]
    context.output.record(document, [*_lines(document | {"used by": " ".join(used_by)}), "files", *files])
    return 0


def _download(args: Namespace, context: Context, registry: "Registry") -> int:
    version = registry.resolve(_reference(args))
    path = registry.download(version.ref, args.target_dir, exist_ok=args.overwrite)
    context.output.record({"id": version.id, "path": str(path)}, [str(path)])
    return 0


def _alias(args: Namespace, context: Context, registry: "Registry") -> int:
    version = registry.resolve(_reference(args))
    if args.remove:
        registry.delete_alias(version.name, args.alias)
        context.output.record({"name": version.name, "alias": args.alias}, [f"{version.name}@{args.alias} is gone"])
        return 0
    registry.set_alias(version.ref, args.alias)
    document = {"id": version.id, "alias": args.alias}
    context.output.record(document, [f"{version.name}@{args.alias} is {version.id}"])
    return 0


def _delete(args: Namespace, context: Context, registry: "Registry") -> int:
    registry.delete(args.model_id, now=datetime.now(UTC))
    context.output.record({"id": args.model_id}, [f"deleted {args.model_id}; `shipway gc` frees its disk"])
    return 0


def _reference(args: Namespace) -> str:
    if (args.model_id is None) == (args.name is None):
        args.parser.error("give either -i ID or -n NAME [--version N]")
    if args.model_id is not None:
        return str(args.model_id)
    return f"{args.name}:{args.version}" if args.version else str(args.name)


def _document(version: ModelVersion, aliases: tuple[str, ...]) -> dict[str, Any]:
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
    }


def _lines(document: Mapping[str, Any]) -> list[str]:
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
        "size": size(document["size_bytes"]),
        "digest": document["digest"],
        "used by": document.get("used by", ""),
    }
    return fields(shown)


def _aliases_of(version: ModelVersion, aliases: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(alias for alias, number in aliases.items() if number == version.version)


def _wanted(text: str) -> str | tuple[str, str]:
    """`key` for any value, `key=value` for that one."""
    key, equals, value = text.partition("=")
    return (key, value) if equals else key


def _has(values: Mapping[str, str], wanted: str | tuple[str, str]) -> bool:
    return wanted in values if isinstance(wanted, str) else values.get(wanted[0]) == wanted[1]


def _write_metadata(path: Path, version: ModelVersion) -> None:
    """What `az ml model register -t` writes, as far as there is such a thing here."""
    document = {"modelId": version.id, "name": version.name, "version": version.version, "digest": version.digest}
    try:
        path.write_text(json.dumps(document, indent=2) + "\n")
    except OSError as error:
        raise MachineError(f"{version.id} is registered, but {path} could not be written: {error.strerror}") from error
