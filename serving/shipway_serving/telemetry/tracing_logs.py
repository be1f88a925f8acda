"""Log records and the script's output as OpenTelemetry's log records, each with the trace that it belongs to.

Imported only when they are sent. The package's interface for logs has changed its names three times; what is used here
is what 1.22 (the last for Python 3.7) and the newest have in common, but for the record's own class.
"""

import logging
import time
import traceback
from importlib import import_module
from typing import Any, Callable, Dict, Optional

from shipway_serving.telemetry.output_lines import OutputLines
from shipway_serving.telemetry.tracing import LONGEST_RECORD

_trace: Any = import_module("opentelemetry.trace")
_api_logs: Any = import_module("opentelemetry._logs")
_sdk_logs: Any = import_module("opentelemetry.sdk._logs")

OURS = "shipway_serving"

_NOT_SENT = ("opentelemetry", "urllib3", "requests")
"""Loggers of what does the sending, which would have something to say about sending that."""


class SendingHandler(logging.Handler):
    """Sends ``logging``'s records. An exception that our own loggers report is the current span's too."""

    def __init__(self, emit: Callable[..., None]) -> None:
        super().__init__()
        self._emit = emit

    def emit(self, record: logging.LogRecord) -> None:
        """Queue ``record``; raises nothing."""
        if record.name.partition(".")[0] in _NOT_SENT:
            return
        try:
            error = record.exc_info[1] if record.exc_info else None
            if error is not None and record.name.partition(".")[0] == OURS:
                _blame(error)
            self._emit(record.name, record.levelno, record.getMessage(), int(record.created * 1e9), _told(error))
        except Exception:
            self.handleError(record)


class Prints:
    """What the script writes to one of its streams, as log records, a line or a traceback each (T-1)."""

    def __init__(self, emit: Callable[..., None], name: str, level: int) -> None:
        self._emit = emit
        self._name = name
        self._level = level
        self._lines = OutputLines()

    def heard(self, text: str) -> None:
        """Take what has been written."""
        for message in self._lines.feed(text.encode("utf-8", "backslashreplace")):
            self._emit(self._name, self._level, message, int(time.time() * 1e9), {})


def listen_to(stream: Any, heard: Callable[[str], None]) -> None:
    """Call ``heard`` with whatever is written to ``stream`` from now on, after it has been written."""
    write = stream.write

    def write_and_tell(text: str) -> Any:
        written = write(text)
        heard(text)
        return written

    stream.write = write_and_tell


def emitter_of(provider: Any) -> Callable[..., None]:
    """A function that queues a record with ``provider``, in the trace that is current where it is called."""

    def emit(name: str, level: int, message: str, time_ns: int, attributes: Dict[str, Any]) -> None:
        logger = provider.get_logger(name)
        severity_text, severity = _severity(level)
        fields = {
            "timestamp": time_ns,
            "severity_text": severity_text,
            "severity_number": severity,
            "body": message[:LONGEST_RECORD],
            "attributes": attributes,
        }
        logger.emit(_record(fields, provider.resource))

    return emit


def _record(fields: Dict[str, Any], resource: Any) -> Any:
    """From 1.39 on a record is the API's and finds its trace by itself; before, it is the SDK's and has to be told."""
    old: Any = getattr(_sdk_logs, "LogRecord", None)
    if old is None:
        return _api_logs.LogRecord(**fields)
    context = _trace.get_current_span().get_span_context()
    ids = {"trace_id": context.trace_id, "span_id": context.span_id, "trace_flags": context.trace_flags}
    return old(resource=resource, **dict(fields, **ids))


def _severity(level: int) -> Any:
    """OpenTelemetry's word and number for a level of ``logging``."""
    for lowest, word in ((50, "FATAL"), (40, "ERROR"), (30, "WARN"), (20, "INFO")):
        if level >= lowest:
            return word, _api_logs.SeverityNumber[word]
    return "DEBUG", _api_logs.SeverityNumber.DEBUG


def _blame(error: BaseException) -> None:
    span = _trace.get_current_span()
    span.record_exception(error)
    span.set_status(_trace.Status(_trace.StatusCode.ERROR, type(error).__name__))


def _told(error: Optional[BaseException]) -> Dict[str, Any]:
    if error is None:
        return {}
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {
        "exception.type": type(error).__name__,
        "exception.message": str(error)[:LONGEST_RECORD],
        "exception.stacktrace": text[-LONGEST_RECORD:],
    }
