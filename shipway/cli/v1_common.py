"""What every verb of `az ml` took: which workspace is meant, in v1's names. None of them is an error here."""

from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from shipway.errors import ConfigError

if TYPE_CHECKING:
    from shipway.cli.context import Context
    from shipway.cli.parser import Parser

_FLAGS = (
    (("-w", "--workspace-name"), "v1_workspace", "NAME", "v1's name of the workspace"),
    (("-g", "--resource-group"), "v1_group", "NAME", "v1's resource group of that workspace"),
    (("--subscription-id",), "v1_subscription", "ID", "v1's subscription of that workspace"),
    (("--path",), "v1_path", "DIR", "the project's folder, where the workspace is looked for"),
)

COMMON_DESTS = frozenset({"v1_verbose", *(dest for _, dest, _, _ in _FLAGS)})
"""Where their values stand: a list of what a verb takes need not repeat them."""


def add_common_flags(parser: "Parser") -> None:
    """To every verb of a command: `-g`, `-w`, `--subscription-id`, `--path` and `-v`, but for those names that the verb
    has other uses for."""
    choices = parser._verbs.choices if parser._verbs is not None else {}
    for verb in {id(verb): verb for verb in choices.values()}.values():  # an alias is the same parser
        _add_to(verb)


def _add_to(verb: "Parser") -> None:
    group = verb.add_argument_group("the workspace, as az ml has it")
    for names, dest, metavar, help_text in _FLAGS:
        if not _taken(verb, names):
            group.add_argument(*names, dest=dest, metavar=metavar, help=help_text)
    if not _taken(verb, ("-v",)):
        group.add_argument("-v", dest="v1_verbose", action="store_true", help="taken, and changes nothing")


def of_v1_workspace(args: Namespace, context: "Context") -> "Context":
    """The context of the workspace that v1's flags name. `--workspace` wins over them; names that this machine has
    never heard of are told, and change nothing.

    Raises ConfigError for a folder that is not there, and for a name that means several workspaces.
    """
    if context.given is not None:
        return context
    url = _attached(args, context) or _of_folder(getattr(args, "v1_path", None), context)
    return context if url is None else replace(context, given=url)


def _attached(args: Namespace, context: "Context") -> str | None:
    name = getattr(args, "v1_workspace", None)
    if name is None:
        return None
    from shipway.azureml._places import known_workspaces

    found = known_workspaces(name=name, resource_group=args.v1_group, subscription_id=args.v1_subscription)
    urls = {known.url for known in found}
    if len(urls) > 1:
        choices = ", ".join(known.names.flags for known in found)
        raise ConfigError(f"--workspace-name {name}: means several workspaces here: {choices}; give --resource-group")
    if not urls:
        context.output.say(
            f"shipway: -w {name}: no workspace of that name was attached on this machine with "
            f"`shipway workspace attach`; goes on with {context.workspace_url}"
        )
    return urls.pop() if urls else None


def _of_folder(path: str | None, context: "Context") -> str | None:
    if path is None:
        return None
    from shipway.store.finding import find_workspace

    folder = context.folder / path
    if not folder.is_dir():
        raise ConfigError(f"--path {path}: no such folder: {folder}")
    return find_workspace(None, folder.resolve())


def _taken(verb: "Parser", names: tuple[str, ...]) -> bool:
    return any(name in action.option_strings for action in verb._actions for name in names)
