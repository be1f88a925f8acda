"""Which commands there are, in the order of `shipway --help`, and the module that holds each.

Names and summaries stand here so that `shipway --help` imports no command at all. What a command's module must have is
said in shipway/cli/commands/__init__.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One word after `shipway`."""

    name: str
    module: str
    summary: str


COMMANDS = (
    Command("init", "shipway.cli.commands.init", "make a workspace, with an example to run"),
    Command("demo", "shipway.cli.demo", "whole releases on this machine: good models promoted, bad ones not"),
    Command("workspace", "shipway.cli.commands.workspace", "places that teams share: check, create and copy them"),
    Command("folder", "shipway.cli.commands.folder", "say which workspace a folder belongs to, as az ml folder attach"),
    Command("model", "shipway.cli.commands.model", "check, register, find, package and deploy models"),
    Command(
        "environment", "shipway.cli.commands.environment", "environments by name: scaffold, register, download them"
    ),
    Command("release", "shipway.cli.release", "bring a model into service, safely: shipway release RELEASE.yaml"),
    Command("service", "shipway.cli.commands.service", "what serves, its logs and its history"),
    Command("endpoint", "shipway.cli.commands.endpoint", "az ml endpoint realtime: what stands for it here"),
    Command("target", "shipway.cli.commands.target", "where services can run"),
    Command("ledger", "shipway.cli.commands.ledger", "which model served when, and proof that nobody changed it since"),
    Command(
        "up", "shipway.cli.commands.up", "start the local Prefect server and this workspace's services on this machine"
    ),
    Command("down", "shipway.cli.commands.down", "stop the local Prefect server; with --all the services too"),
    Command(
        "status",
        "shipway.cli.commands.status",
        "what runs of this workspace on this machine, and the disk that it uses",
    ),
    Command("check", "shipway.cli.commands.check", "what this machine lacks for a release, and how to mend it"),
    Command("gc", "shipway.cli.commands.gc", "free the disk of what nothing needs any more"),
)


def find_command(name: str) -> Command | None:
    return next((command for command in COMMANDS if command.name == name), None)
