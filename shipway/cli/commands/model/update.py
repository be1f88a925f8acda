"""shipway model update: what is said of a version after it was registered."""

from argparse import Namespace
from dataclasses import replace
from datetime import UTC, datetime

from shipway.cli.commands.model.register import add_resource_flags, resources_of, say_unused
from shipway.cli.commands.model.registered import document_of, lines_of, registry_of
from shipway.cli.context import Context
from shipway.cli.parser import Parser, pairs


def add_arguments(parser: Parser) -> None:
    update = parser.add_verb("update", _update, "change tags and description of a version, add properties")
    update.set_defaults(parser=update)
    update.add_argument("-i", "--model-id", required=True, metavar="ID", help="NAME:VERSION or NAME@ALIAS")
    update.add_argument("--add-tag", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    update.add_argument("--remove-tag", action="append", default=[], metavar="KEY", help="repeatable")
    update.add_argument("--add-property", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    update.add_argument("-d", "--description")
    add_resource_flags(update)


def _update(args: Namespace, context: Context) -> int:
    add_tags = pairs(args.parser, "--add-tag", args.add_tag)
    add_properties = pairs(args.parser, "--add-property", args.add_property)
    resources = resources_of(args)
    say_unused(args, context)
    if not (add_tags or args.remove_tag or add_properties or args.description is not None or resources):
        args.parser.error("nothing to change; give --add-tag, --remove-tag, --add-property, -d, --cc, --gb or --gc")
    registry, now = registry_of(context), datetime.now(UTC)
    version = registry.resolve(args.model_id)
    if add_properties:  # the one that may be refused comes first
        version = registry.add_properties(version.ref, add_properties, now=now)
    if add_tags or args.remove_tag:
        version = registry.change_tags(version.ref, add=add_tags, remove=args.remove_tag, now=now)
    if args.description is not None:
        version = registry.set_description(version.ref, args.description, now=now)
    if resources is not None:
        given = {name: value for name, value in vars(resources).items() if value is not None}
        wanted = replace(version.resources, **given) if version.resources else resources
        version = registry.set_resources(version.ref, wanted, now=now)
    document = document_of(version, ())
    context.output.record(document, [f"updated {version.id}", *lines_of(document)])
    return 0
