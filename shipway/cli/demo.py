"""shipway demo: the digits example, five releases, and what became of each."""

import json
import subprocess
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipway.cli.commands.init import copy_example
from shipway.cli.context import Context
from shipway.cli.output import Column, shortened, state_colour, typed_as
from shipway.cli.parser import Parser
from shipway.errors import MachineError, ShipwayError
from shipway.store.finding import WORKSPACE_FOLDER

if TYPE_CHECKING:
    from shipway.cli.steady_load import LoadResult
    from shipway.release.outcomes import Ending

_LOAD_PER_S = 100.0
"""Enough for the gateway to see the minimum sample in the first traffic step of 2 s, and little for a machine."""
_ENGINE_TIMEOUT_S = 30.0
_SERVICE = "digits"
_STORY = (
    ("release.yaml", "v1, a good model: expected to be promoted"),
    ("release-v2.yaml", "v2, a better one, under constant load: expected to be promoted without losing a request"),
    ("release-v3.yaml", "v3, wrong answers with status 200: expected to be rolled back"),
    ("release-v4.yaml", "v4, whose file was cut off: expected to be refused by the smoke test"),
    ("release-v5.yaml", "v5, right and far too slow: expected to be rolled back"),
)


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One release of the demo. `load` is None when nothing was in service yet."""

    title: str
    ending: "Ending"
    load: "LoadResult | None"


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", default="shipway-demo", help="where to play; default: ./shipway-demo"
    )
    parser.add_argument("--target", choices=("docker", "process"), help="where to; default: docker where it can run")


def run(args: Namespace, context: Context) -> int:
    from shipway.release.warm import warming

    folder = (context.folder / args.folder).resolve()
    example = _set_the_stage(folder, context)
    scene = Context(given=str(folder), output=context.output, folder=folder, debug=context.debug)
    with ThreadPoolExecutor(max_workers=2) as pool:
        server = pool.submit(_start_server, scene)
        models = pool.submit(_train, example, context.output.say)
        models.result()
        ui_url = server.result()
    target, why = choose_target(args.target, scene)
    context.output.say(f"the demo releases to {target}: {why}")
    _start_over(scene)
    _free_the_port(example, context.output.say)
    with warming(needed=True):
        episodes = [_play(scene, example / file, title, target) for file, title in _STORY]
    _tell(scene, folder, episodes, ui_url)
    return 0 if _as_expected(episodes) else 1


def _set_the_stage(folder: Path, context: Context) -> Path:
    from shipway.store.workspace import open_workspace

    context.output.say(f"the demo plays in {folder}")
    open_workspace(folder / WORKSPACE_FOLDER, create=True)
    example = folder / "digits"
    if not example.exists():
        copy_example("digits", example)
    return example


def _start_server(context: Context) -> str:
    from shipway.cli.server import ensure_server

    return ensure_server(context.state(), context.output.say).ui_url


def _train(example: Path, say: Callable[[str], None]) -> None:
    """In an environment of its own: what only the example needs is no dependency of Shipway."""
    if (example / "models" / "v5").exists():
        return
    from uv import find_uv_bin

    say("training the example's models, in an environment of their own ...")
    uv, environment = find_uv_bin(), example / "train-env"
    python = str(environment / "bin" / "python")
    _run([uv, "venv", "-q", "--clear", str(environment)], "the example's environment could not be made")
    install = [uv, "pip", "install", "-q", "--python", python, "-r", str(example / "requirements.txt")]
    _run(install, "the example's packages could not be installed")
    _run([python, str(example / "train.py")], "the example's models could not be trained")


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MachineError(f"{what}: {done.stderr.strip().splitlines()[-1:] or done.returncode}; run {command}")


def choose_target(asked: str | None, context: Context) -> tuple[str, str]:
    """The kind of target, and why: containers where an engine answers and a base image can be had."""
    if asked is not None:
        return asked, "--target says so"
    from shipway.domain.environment import UNNAMED, Environment
    from shipway.domain.image import ImageConfig
    from shipway.engine.connection import connect
    from shipway.image.container.base import find_base

    try:
        engine = connect(timeout_s=_ENGINE_TIMEOUT_S)
    except ShipwayError as error:
        return "process", f"no containers here: {error}"
    try:
        base = find_base(engine, Environment(name=UNNAMED), ImageConfig(), context.state())
    except ShipwayError as error:
        return "process", f"no containers here: {error}"
    finally:
        engine.close()
    return "docker", f"an engine answers at {engine.endpoint.host}, and {base.name} is a base for images"


def _start_over(context: Context) -> None:
    """What a demo of before left goes, a release half-way too, so that v1 is the first revision again."""
    from shipway.cli.commands.service import operator
    from shipway.release.ledger import ledger_of
    from shipway.release.open_releases import open_release
    from shipway.release.operations import retire
    from shipway.release.roll_back import roll_back
    from shipway.release.run import hold

    half_way = open_release(context.workspace(), _SERVICE)
    if half_way is not None:
        context.output.say(f"a demo of before left release {half_way} half-way: undoing it first")
        with hold(context.workspace(), half_way) as run:
            roll_back(run, "the demo starts over")
    if ledger_of(context.workspace(), _SERVICE).standing().champion is None:
        return
    context.output.say(f"a demo of before left service {_SERVICE}: deleting it first")
    retire(operator(context, "retire", "the demo starts over"), _SERVICE)


def _free_the_port(example: Path, say: Callable[[str], None]) -> None:
    from shipway.machine.ports import can_bind, free_port, listener_of

    path = example / "deploymentconfig.json"
    config = json.loads(path.read_text())
    if can_bind(config["port"]):
        return
    port = free_port()
    say(f"port {config['port']} is taken by {listener_of(config['port'])}: the demo takes port {port}")
    path.write_text(json.dumps({**config, "port": port}, indent=2) + "\n")


def _play(context: Context, file: Path, title: str, target: str) -> Episode:
    context.output.say(f"\n--- {title}")
    uri = _uri_in_service(context)
    if uri is None:
        return Episode(title=title, ending=_release(context, file, target), load=None)
    from shipway.cli.steady_load import SteadyLoad

    with SteadyLoad(uri.removesuffix("/score"), _bodies(file.parent), per_second=_LOAD_PER_S) as load:
        ending = _release(context, file, target)
    return Episode(title=title, ending=ending, load=load.result)


def _uri_in_service(context: Context) -> str | None:
    from shipway.release.ledger import ledger_of
    from shipway.targets.base import load

    champion = ledger_of(context.workspace(), _SERVICE).standing().champion
    service = load(champion.target, context.state()).find(_SERVICE) if champion else None
    return service.scoring_uri if service else None


def _bodies(example: Path) -> list[str]:
    lines = (example / "golden.jsonl").read_text().splitlines()
    return [json.dumps(json.loads(line)["request"]) for line in lines]


def _release(context: Context, file: Path, target: str) -> "Ending":
    from shipway.cli.release import begin, carry_out

    return carry_out(context, begin(context, file, target=target))


def _as_expected(episodes: list[Episode]) -> bool:
    phases = [episode.ending.phase.value for episode in episodes]
    lost = sum(episode.load.failed for episode in episodes if episode.load)
    return phases == ["promoted", "promoted", "rolled_back", "refused", "rolled_back"] and lost == 0


def _tell(context: Context, folder: Path, episodes: list[Episode], ui_url: str) -> None:
    from shipway.cli.ledger_view import HISTORY_COLUMNS, history_documents
    from shipway.cli.output import table
    from shipway.release.operations import history

    rows = [_row(episode) for episode in episodes]
    ledger = history_documents(history(context.workspace(), _SERVICE))
    uri = episodes[-1].ending.scoring_uri
    body = _bodies(folder / "digits")[0]
    program = typed_as()
    document = {"releases": rows, "ledger": ledger, "scoring_uri": uri, "ui_url": ui_url, "workspace": str(folder)}
    lines = [
        "",
        "What became of each release:",
        *table(rows, _COLUMNS),
        "",
        f"The ledger of service {_SERVICE}; `{program} ledger verify {_SERVICE}` shows that nobody changed it:",
        *table(ledger, HISTORY_COLUMNS[:4]),
        "",
        f"It answers at {uri}:",
        f"  curl -s -H 'Content-Type: application/json' -d '{body}' {uri}",
        f"Every run, step by step, in Prefect's UI:  {ui_url}/runs",
        f"Look around:                               cd {folder} && {program} release list",
        f"Stop everything:                           {program} down --all --workspace {folder}",
    ]
    context.output.record(document, lines)


def _row(episode: Episode) -> dict[str, Any]:
    load = episode.load
    return {
        "release": episode.ending.release_id,
        "model": episode.title.split(",")[0],
        "phase": episode.ending.phase.value,
        "requests": load.sent if load else 0,
        "failed": load.failed if load else 0,
        "failures": list(load.failures) if load else [],
        "reason": episode.ending.reason,
    }


_COLUMNS = (
    Column("model", "MODEL"),
    Column("release", "RELEASE"),
    Column("phase", "BECAME", lambda phase: phase.replace("_", " "), colour=state_colour),
    Column("requests", "REQUESTS MEANWHILE"),
    Column("failed", "FAILED"),
    Column("reason", "WHY", shortened),
)
