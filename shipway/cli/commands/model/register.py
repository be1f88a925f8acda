"""shipway model register: a file or a folder becomes the next version of a model."""

import json
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from shipway.cli.commands.model.registered import document_of, lines_of, registry_of
from shipway.cli.context import Context
from shipway.cli.parser import Parser, pairs
from shipway.domain.model import FRAMEWORKS, ModelVersion
from shipway.errors import MachineError


def add_arguments(parser: Parser) -> None:
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


def _register(args: Namespace, context: Context) -> int:
    version = registry_of(context).register_path(
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
    document = document_of(version, ())
    context.output.record(document, [f"registered {version.id}", *lines_of(document)])
    return 0


def _write_metadata(path: Path, version: ModelVersion) -> None:
    """What `az ml model register -t` writes, as far as there is such a thing here."""
    document = {"modelId": version.id, "name": version.name, "version": version.version, "digest": version.digest}
    try:
        path.write_text(json.dumps(document, indent=2) + "\n")
    except OSError as error:
        raise MachineError(f"{version.id} is registered, but {path} could not be written: {error.strerror}") from error
