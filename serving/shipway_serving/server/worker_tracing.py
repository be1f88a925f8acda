"""OpenTelemetry in a worker: begun before the script is imported, so that what it prints there is sent, too."""

import atexit
import logging
import os
import socket
import sys
from typing import Any, Optional

from shipway_serving.server.settings import Settings
from shipway_serving.telemetry.tracing import Origin, model_ids, start

CLOSE_S = 1.5
"""For what has not been sent at the worker's end; less than the worker's farewell."""

_log = logging.getLogger("shipway_serving.tracing")


def start_tracing(settings: Settings, *, complains: bool) -> Optional[Any]:
    """The ``telemetry.tracing_spans.Tracing`` that the environment asks for, to be closed at exit; None for none.

    ``complains`` says what was asked for and cannot be: the first worker does, or there would be a line from each.
    """
    who = settings.identity
    models = model_ids(settings.layout.model_dir)
    origin = Origin(who.service_name, who.service_version, who.workspace_name, socket.gethostname(), models)
    wishes = settings.telemetry
    sending, complaint = start(
        os.environ, wishes.app_insights, wishes.log_responses, tuple(sys.version_info[:3]), origin
    )
    if complaint and complains:
        _log.warning("%s", complaint)
    if sending is not None:
        sending.listen()
        atexit.register(sending.close, CLOSE_S)
    return sending
