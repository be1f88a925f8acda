"""shipway service update and reload: what is in service, changed by a release, with az ml's flags."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from shipway.cli.commands.service.names import add_name
from shipway.cli.context import Context
from shipway.cli.output import fields, mapping
from shipway.cli.parser import Parser, pairs
from shipway.cli.services_told import complete_document, service_of
from shipway.cli.v1_flags import (
    SCRIPT_FLAGS,
    add_deployment_flags,
    add_inference_flags,
    add_models_flags,
    deployment_document,
    inference_document,
    inference_of,
    models_of,
)
from shipway.cli.v1_release import add_environment_flags, add_release_flags, environment_fields, release

if TYPE_CHECKING:
    from shipway.config.documents import Document, Loaded
    from shipway.domain.environment import InferenceConfig
    from shipway.domain.release import CodePlace, ReleaseInputs
    from shipway.domain.service import DeploymentConfig
    from shipway.release.details import Details


_OF_THE_SCRIPT = frozenset(key for flag in SCRIPT_FLAGS for key in flag.keys if key != "condaFile")
"""Keys of an inference config that leave its environment as it is."""


def add_arguments(parser: Parser) -> None:
    update = add_name(parser.add_verb("update", _update, "other models, script or settings for a service: a release"))
    update.add_argument("-d", "--description", metavar="TEXT", help="of the service")
    update.add_argument("--add-tag", action="append", default=[], metavar="KEY=VALUE", help="repeatable")
    update.add_argument("--remove-tag", action="append", default=[], metavar="KEY", help="repeatable")
    update.add_argument(
        "--add-property", action="append", default=[], metavar="KEY=VALUE", help="never changed again; repeatable"
    )
    add_models_flags(update)
    add_inference_flags(update)
    add_deployment_flags(update, with_target=False)
    add_environment_flags(update)
    add_release_flags(update)
    reload = add_name(
        parser.add_verb("reload", _reload, "read a service's script again where it came from: a release without bake")
    )
    add_release_flags(reload)


def _update(args: Namespace, context: Context) -> int:
    from shipway.release.asked import UpdateAsked

    service_of(context, args.name)
    models, golden = models_of(args) or None, args.golden
    inference, deployment = _inference(args, context), _deployment(args, context)
    for told in (*inference.warnings, *deployment.warnings):
        context.output.say(f"shipway: {told}")
    details = _details(args, context)
    if all(part is None for part in (models, inference.value, deployment.value, golden)):
        if details is None:
            parser: Parser = args.parser
            parser.error("no parameters: give models, configs, tags, properties or a description")
        return _only_details(details, args, context)
    asked = UpdateAsked(
        service=args.name,
        models=models,
        inference=inference.value,
        deployment=deployment.value,
        working_directory=context.folder,
        details=details,
        notes=args.notes,
        **environment_fields(args),
    )
    return release(asked, args, context)


def _reload(args: Namespace, context: Context) -> int:
    from shipway.release.asked import ReloadAsked

    service_of(context, args.name)
    return release(ReloadAsked(service=args.name, notes=args.notes), args, context)


def _inference(args: Namespace, context: Context) -> "Loaded[Document | InferenceConfig | None]":
    """A file replaces the config in force, and so does an environment that is named; flags alone change what they name
    of it."""
    from shipway.config.documents import Loaded

    document = inference_document(args)
    named = args.environment_name or args.environment_version or args.environment_directory
    if document.value is None or args.inference_config_file is not None or named:
        return inference_of(args, context)
    in_force = _in_force(args.name, context)
    changed = with_script_in_force(document.value, in_force.source)
    assert isinstance(document.value.value, Mapping)
    if not set(document.value.value) <= _OF_THE_SCRIPT:
        return Loaded(changed, document.warnings)
    from shipway.config.inference import load_inference_config

    loaded = load_inference_config(changed, working_directory=context.folder, environment=in_force.environment)
    return Loaded(loaded.value, (*document.warnings, *loaded.warnings))


def with_script_in_force(document: "Document", place: "CodePlace | None") -> "Document":
    """What flags say of an inference config, with the script where it was read last for what they leave out. Pure."""
    assert isinstance(document.value, Mapping)
    known = {} if place is None else {"entryScript": place.entry_script, "sourceDirectory": place.folder}
    return replace(document, value={**known, **document.value})


def _deployment(args: Namespace, context: Context) -> "Loaded[Document | DeploymentConfig | None]":
    """A file replaces the config in force; flags alone change what they name of it."""
    from shipway.config.documents import Loaded

    document = deployment_document(args)
    if document.value is None or args.deploy_config_file is not None:
        return Loaded(document.value, document.warnings)
    from shipway.config.deployment import load_deployment_config
    from shipway.domain.service_defaults import filled

    in_force = _in_force(args.name, context).deployment
    assert isinstance(document.value.value, Mapping)
    value = {**document.value.value, "computeType": in_force.compute_type}
    loaded = load_deployment_config(replace(document.value, value=value), working_directory=context.folder)
    return Loaded(filled(loaded.value, in_force), loaded.warnings)


def _in_force(service: str, context: Context) -> "ReleaseInputs":
    """Those of the revision in service. Raises ServiceNotFound."""
    from shipway.errors import ServiceNotFound
    from shipway.release.inputs import read_inputs
    from shipway.release.ledger import ledger_of

    champion = ledger_of(context.workspace(), service).standing().champion
    if champion is None:
        raise ServiceNotFound(f"WebserviceNotFound: no revision of {service!r} is in service; deploy it first")
    return read_inputs(context.workspace(), champion.release_id)


def _details(args: Namespace, context: Context) -> "Details | None":
    """What is said of the service once it is updated; None when nothing of it changes."""
    from shipway.release.details import Change, changed, details_of

    change = Change(
        description=args.description or None,
        add_tags=pairs(args.parser, "--add-tag", args.add_tag),
        remove_tags=args.remove_tag,
        add_properties=pairs(args.parser, "--add-property", args.add_property),
    )
    if change == Change(remove_tags=[]):
        return None
    return changed(details_of(context.workspace(), args.name), change, service=args.name)


def _only_details(details: "Details", args: Namespace, context: Context) -> int:
    """No release: nothing of how the service behaves changes."""
    from shipway.release.details import keep_details

    if not args.dry_run:
        keep_details(context.workspace(), args.name, details)
    _, service = service_of(context, args.name)
    shown = {
        "service": args.name,
        "description": details.description,
        "tags": mapping(details.tags),
        "properties": mapping(details.properties),
    }
    context.output.record(complete_document(service, context), fields(shown))
    return 0
