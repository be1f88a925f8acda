"""shipway model deploy: v1's assets as a release, with the flags of `az ml model deploy`."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from shipway.cli.context import Context
from shipway.cli.parser import Parser, pairs
from shipway.cli.v1_flags import (
    add_deployment_flags,
    add_inference_flags,
    add_models_flags,
    add_option,
    deployment_document,
    inference_of,
    models_of,
)
from shipway.cli.v1_release import add_environment_flags, add_release_flags, environment_fields, release

if TYPE_CHECKING:
    from shipway.release.details import Details


def add_arguments(parser: Parser) -> None:
    deploy = parser.add_verb("deploy", _deploy, "bring models into service as v1's configs say: a release")
    deploy.set_defaults(parser=deploy)
    deploy.add_argument("-n", "--name", help="of the service")
    deploy.add_argument("--overwrite", action="store_true", help="release it in place of the service of that name")
    deploy.add_argument("--description", default="", metavar="TEXT", help="of the service")
    for what in ("tag", "property"):
        deploy.add_argument(
            f"--{what}", action="append", default=[], metavar="KEY=VALUE", help="of the service; repeatable"
        )
    add_models_flags(deploy)
    add_inference_flags(deploy)
    add_deployment_flags(deploy)
    add_environment_flags(deploy)
    add_release_flags(deploy)
    add_option(deploy, "--pi", "--profile-input", type=Path, metavar="FILE", help="taken, and not used: see `profile`")


def _deploy(args: Namespace, context: Context) -> int:
    from shipway.release.asked import V1Asked

    name = _name(args)
    inference, deployment = inference_of(args, context), deployment_document(args)
    for told in (*inference.warnings, *deployment.warnings):
        context.output.say(f"shipway: {told}")
    if args.profile_input is not None:
        context.output.say(
            "shipway: --profile-input is not used: cores and memory are what the deployment config says; give what "
            "`shipway model profile` recommends as --cc and --gb"
        )
    asked = V1Asked(
        service=name,
        models=models_of(args),
        inference=inference.value,
        deployment=deployment.value,
        target=args.compute_target,
        overwrite=args.overwrite,
        working_directory=context.folder,
        details=_details(args),
        notes=args.notes,
        **environment_fields(args),
    )
    return release(asked, args, context)


def _name(args: Namespace) -> str:
    """Asked for on a terminal: a text of 2019 leaves it out."""
    if args.name is None and sys.stdin.isatty() and sys.stderr.isatty():
        print("name of the service: ", end="", file=sys.stderr, flush=True)
        args.name = sys.stdin.readline().strip() or None
    if args.name is None:
        args.parser.error("the following arguments are required: -n/--name, the name of the service")
    return str(args.name)


def _details(args: Namespace) -> "Details":
    from shipway.release.details import Details

    return Details(
        description=args.description,
        tags=pairs(args.parser, "--tag", args.tag),
        properties=pairs(args.parser, "--property", args.property),
    )
