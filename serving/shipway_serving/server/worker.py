"""A worker process: loads the script and runs it in the main thread until it is told to leave.

The order matters: logging first, so that whatever the script prints at import arrives; then the HTTP side, so that
``/live`` answers during ``init``; then the script.
"""

import atexit
import faulthandler
import inspect
import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Union

from shipway_serving.asset.entry_script import EntryScript, load
from shipway_serving.asset.layout import Layout
from shipway_serving.asset.model_listing import listing
from shipway_serving.contract.profile import profile_named
from shipway_serving.protocols.loading import onnx_service
from shipway_serving.protocols.onnx_choice import model_instead_of_script
from shipway_serving.server.debugging import connect_debugger
from shipway_serving.server.dialect_scorer import scorer_for
from shipway_serving.server.exit_codes import NEVER_STARTED, WORKER_QUIT
from shipway_serving.server.front import Front
from shipway_serving.server.helm import Helm
from shipway_serving.server.overtime import Overtime
from shipway_serving.server.run_watch import RunWatch
from shipway_serving.server.runs import Runs
from shipway_serving.server.settings import Batching, ContractSettings, Settings
from shipway_serving.server.shared_metrics import attach_metrics
from shipway_serving.server.worker_plan import WorkerPlan, inherited, read_plan
from shipway_serving.server.worker_tracing import start_tracing
from shipway_serving.shims.finder import install
from shipway_serving.shims.remedies import remedy_for
from shipway_serving.telemetry.emitter import Emitter, EmitterHandler
from shipway_serving.telemetry.metrics import Metrics
from shipway_serving.telemetry.script_output import end_lines, take_over_output

if TYPE_CHECKING:
    from shipway_serving.server.async_runs import AsyncRuns

_log = logging.getLogger("shipway_serving.worker")

FAREWELL_S = 2.0
"""For the script's ``atexit`` handlers; a leaked thread or a stuck handler must not keep the process."""


def work() -> NoReturn:
    """Be a worker by the plan on standard input; ends the process."""
    plan = read_plan(sys.stdin.buffer)
    settings = plan.settings
    _give_away_input()
    _keep_descriptors_private(plan)
    emitter = Emitter(plan.log_fd)
    _set_up_output(emitter, settings.telemetry.log_level)
    metrics = attach_metrics(plan.metrics_fd, settings)
    metrics.begin(plan.place, os.getpid(), time.time())
    front = Front(plan, emitter, metrics)
    front.exchange.tracing = tracing = start_tracing(settings, complains=plan.place == 0)
    helm = Helm(front.reactor)
    _set_up_signals(front)
    helm.give()
    script = _start_script(settings, front, emitter)
    if tracing is not None:
        tracing.adopt()
    helm.take()
    runs = _runs(script, settings, front=front, helm=helm, metrics=metrics, emitter=emitter)
    front.ready()
    _leave(_serve(runs), emitter)


def _serve(runs: Union[Runs, "AsyncRuns"]) -> int:
    """The exit code. A signal handler of the script's may raise between two runs, where nobody can catch it."""
    try:
        return runs.serve()
    except BaseException:
        _log.critical("The main thread was interrupted between two runs; the worker is restarted", exc_info=True)
        return WORKER_QUIT


def _runs(
    script: EntryScript, settings: Settings, *, front: Front, helm: Helm, metrics: Metrics, emitter: Emitter
) -> Union[Runs, "AsyncRuns"]:
    overtime = Overtime(settings.contract.scoring_timeout_ms)
    profile, inference = profile_named(settings.contract.profile), front.exchange.inference
    scorer = scorer_for(script, overtime, profile, inference)
    if settings.contract.async_serving and inspect.iscoroutinefunction(inspect.unwrap(script.run)):
        from shipway_serving.server.async_runs import AsyncRuns

        if settings.batching.max_rows:
            _log.warning("Batching was asked for and is off: with AZUREML_ASYNC_SERVING all requests run at once.")
        return AsyncRuns(scorer, front, helm, metrics)
    watch = _watch(settings.contract, overtime, front, emitter)
    helm.on_tick = lambda away_s: watch.tick()
    batcher = _batcher(script, scorer, settings.batching, metrics)
    return Runs(scorer, batcher, front=front, helm=helm, watch=watch, metrics=metrics)


def _batcher(script: EntryScript, scorer: Any, batching: Batching, metrics: Metrics) -> Optional[Any]:
    if not batching.max_rows:
        return None
    from shipway_serving.batching.batcher import batcher_for
    from shipway_serving.batching.plan import Limits

    limits = Limits(batching.max_rows, batching.max_wait_ms / 1000)
    own: Any = getattr(scorer, "own", scorer)
    batcher = batcher_for(own, script.form, script.run, _run_batch(script), limits)
    if batcher is not None:
        batcher.on_batch = metrics.batch
        batcher.apart = lambda request: scorer.score if request.path.startswith("/v2/") else None
    return batcher


def _run_batch(script: Any) -> Any:
    """What scores a batch; nothing for a model without code whose rows cannot be told apart."""
    return script.run_batch if getattr(script, "can_batch", True) else None


def _watch(contract: ContractSettings, overtime: Overtime, front: Front, emitter: Emitter) -> RunWatch:
    killed_after_s = contract.worker_timeout_s if "worker-timeout" in contract.bugs else None
    watch = RunWatch(overtime, killed_after_s, lambda: front.stuck(True), emitter.flush)
    front.exchange.is_stuck = lambda: watch.is_stuck
    return watch


def _start_script(settings: Settings, front: Front, emitter: Emitter) -> EntryScript:
    """Import the script and call its ``init``; ends the process with 3 when either fails, ``SystemExit`` included."""
    layout, contract = settings.layout, settings.contract
    process_wide_raw = "rawhttp-global" in contract.bugs
    install()
    if settings.debug_port is not None:
        connect_debugger(settings.debug_port)
    try:
        model = model_instead_of_script(layout)
        if model is None:
            script = load(layout, profile_named(contract.profile), process_wide_raw=process_wide_raw)
        else:
            script = onnx_service(model, max(1, usable_cores() // settings.workers))
    except BaseException as error:
        _log.exception("The entry script could not be loaded: %s", layout.script_path() or "module main")
        _log_remedy(error)
        _leave(NEVER_STARTED, emitter)
    try:
        script.init()
        front.exchange.script_loaded(script)
    except BaseException as error:
        _log.exception("init() failed")
        _log_remedy(error)
        _log_model_folder(layout)
        _leave(NEVER_STARTED, emitter)
    end_lines()
    _log.info("init() has succeeded; ready to score")
    return script


def usable_cores() -> int:
    """Processors that this process may use; a container's share of time is not seen here."""
    return len(os.sched_getaffinity(0))


def _log_remedy(error: BaseException) -> None:
    """What to do about an import that no stand-in could serve."""
    remedy = remedy_for(error)
    if remedy:
        _log.error(remedy)


def _log_model_folder(layout: Layout) -> None:
    lines = listing(layout.model_dir) if layout.model_dir else []
    place = layout.model_dir or "not set"
    _log.info("Contents of AZUREML_MODEL_DIR (%s):\n%s", place, "\n".join(lines) or "nothing there")


def _give_away_input() -> None:
    """The script reads nothing from standard input, as in v1."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _keep_descriptors_private(plan: WorkerPlan) -> None:
    """No process that the script starts may hold our listener or our wires open."""
    for fd in inherited(plan):
        os.set_inheritable(fd, False)


def _set_up_output(emitter: Emitter, level: str) -> None:
    """Send ``logging`` to the emitter and what is printed, by whomever, to the supervisor."""
    take_over_output()
    faulthandler.enable(2)
    root = logging.getLogger()
    root.handlers[:] = [EmitterHandler(emitter)]
    root.setLevel(level)


def _set_up_signals(front: Front) -> None:
    """A terminal's Ctrl-C reaches us too, but the supervisor decides; a direct SIGTERM drains this worker alone.

    SIGINT gets a handler that does nothing instead of being ignored: the script's child processes would inherit that.
    """
    signal.signal(signal.SIGINT, lambda number, frame: None)
    pid = os.getpid()

    def terminated(number: int, frame: Optional[FrameType]) -> None:
        if os.getpid() == pid:
            front.drain()
        else:
            # A process that the script has forked: multiprocessing ends its own by this signal, and waits.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, terminated)


def _leave(code: int, emitter: Emitter) -> NoReturn:
    """End the process with ``code`` past any thread that the script has left running."""
    watchdog = threading.Timer(FAREWELL_S, os._exit, (code,))
    watchdog.daemon = True
    watchdog.start()
    try:
        atexit._run_exitfuncs()  # type: ignore[attr-defined]
    except BaseException:
        _log.exception("An atexit handler failed")
    end_lines()
    emitter.flush()
    os._exit(code)
