"""A revision's scoring server: how it is started and stopped. `argv` and `environment` are pure."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from shipway.machine.held import holder, start_once
from shipway.machine.processes import Command, stop
from shipway.targets._local.collection import Collection, collection_of, make_folder
from shipway.targets._local.records import RevisionRecord
from shipway.targets._local.runner import LOG_FILE_BYTES, LOG_FILES
from shipway.targets.process.files import ServerFiles

if TYPE_CHECKING:
    from shipway.image.bundle import WrittenBundle

_AFTER_DRAIN_S = 5.0

_FROM_THE_CALLER = (
    *("HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"),
)
"""What a program needs of the machine it runs on, and no more: the caller's environment holds keys and tokens."""


def argv(record: RevisionRecord, files: ServerFiles, *, drain_s: int) -> tuple[str, ...]:
    return (
        record.interpreter,
        *("-m", "shipway_serving"),
        *("--host", "127.0.0.1"),
        *("--port", str(record.port)),
        *("--pid_file", str(files.pid_file)),
        *("--log_file", str(files.server_log)),
        *("--log_max_bytes", str(LOG_FILE_BYTES)),
        *("--log_backups", str(LOG_FILES - 1)),
        *("--drain_s", str(drain_s)),
    )


def environment(
    service: str,
    record: RevisionRecord,
    bundle: "WrittenBundle",
    app: Path,
    caller: Mapping[str, str],
    *,
    collection: Collection | None = None,
) -> dict[str, str]:
    """The author's variables win over the machine's, as in v1; where things lie is not the author's to say."""
    programs = Path(record.interpreter).parent
    variables = {name: caller[name] for name in _FROM_THE_CALLER if name in caller}
    collecting = collection.variables(str(collection.root)) if collection else {}
    variables |= {"SERVICE_NAME": service, **collecting, **bundle.variables}
    path = variables.get("PATH") or caller.get("PATH") or os.defpath
    python_path = [str(bundle.serving), *filter(None, [variables.get("PYTHONPATH")])]
    return variables | {
        "AML_APP_ROOT": str(app),
        "PATH": os.pathsep.join([str(programs), path]),
        "PYTHONPATH": os.pathsep.join(python_path),
        "VIRTUAL_ENV": str(programs.parent),
    }


def start_server(
    service: str, record: RevisionRecord, bundle: "WrittenBundle", files: ServerFiles, *, drain_s: int
) -> None:
    """Returns once the process is there, not once it answers; nothing when it runs already."""
    collection = collection_of(record, files.place, bundle.variables)
    if collection is not None:
        make_folder(collection)
    command = Command(
        argv=argv(record, files, drain_s=drain_s),
        cwd=files.root,  # not the app root: an author's `types.py` would be taken for Python's; workers go there
        environment=environment(service, record, bundle, files.app, os.environ, collection=collection),
        lock=files.lock,
        log=files.output_log,
    )
    start_once(command, files.pid_file)


def is_running(files: ServerFiles) -> bool:
    return holder(files.lock, files.pid_file) is not None


def memory_bytes(files: ServerFiles) -> int | None:
    """Of the supervisor and all below it; memory that they share counts in parts. None when it does not run."""
    return _sum_over(files, _held_by)


def threads(files: ServerFiles) -> int | None:
    """Of the supervisor and all below it. None when it does not run."""
    return _sum_over(files, psutil.Process.num_threads)


def _sum_over(files: ServerFiles, measure: Callable[[psutil.Process], int]) -> int | None:
    identity = holder(files.lock, files.pid_file, patience_s=0)
    if identity is None:
        return None
    try:
        supervisor = psutil.Process(identity.pid)
        return sum(measure(process) for process in (supervisor, *supervisor.children(recursive=True)))
    except psutil.Error:  # it has ended meanwhile
        return None


def _held_by(process: psutil.Process) -> int:
    held = process.memory_full_info()
    return int(getattr(held, "pss", held.uss))  # pss is Linux's own


def stop_server(files: ServerFiles, *, drain_s: int) -> None:
    """Lets it finish what it works on, for `drain_s` at most. Safe to repeat."""
    identity = holder(files.lock, files.pid_file)
    if identity:
        stop(identity, grace_s=drain_s + _AFTER_DRAIN_S)
