"""The start of the server: settings, the log, the ports; then the supervisor. What cannot work is said in one line."""

import os
import socket
import sys
from typing import List, Optional, Tuple

from shipway_serving.server.command_line import settings_from
from shipway_serving.server.exit_codes import BAD_ARGUMENTS, PORT_TAKEN
from shipway_serving.server.health_port import HealthPort
from shipway_serving.server.keys import BadKeys, Keys
from shipway_serving.server.settings import Access, Settings
from shipway_serving.server.supervisor import Supervisor
from shipway_serving.telemetry.collector import Collector
from shipway_serving.telemetry.log_sink import LogSink

BACKLOG = 2048
"""Connections that may wait in the kernel; it takes fewer where ``net.core.somaxconn`` is lower."""

LOG_FLUSH_S = 2.0


class CannotStart(Exception):
    """The message says why; ``code`` is the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def start(arguments: List[str]) -> int:
    """Serve until a signal or a hopeless script ends it; returns the exit code."""
    settings = settings_from(arguments, dict(os.environ), os.getcwd())
    try:
        check_access(settings.access)
        sink = open_log(settings)
        listener, health = open_ports(settings)
    except CannotStart as problem:
        sys.stderr.write(f"shipway-serve: {problem.message}\n")
        return problem.code
    collector = Collector(sink)
    try:
        supervisor = Supervisor(settings, listener, collector)
        if health is not None:
            HealthPort(health, supervisor.why_not_ready, supervisor.metrics.render)
            host, port = health.getsockname()[:2]
            collector.log("INFO", f"health and metrics are on {host}:{port}")
        return supervisor.run()
    finally:
        collector.close(LOG_FLUSH_S)


def check_access(access: Access) -> None:
    """Find out now what every worker would stumble over. Raises ``CannotStart``."""
    try:
        if access.keys_file:
            Keys(access.keys_file)
        if access.certificate and access.private_key:
            _check_certificate(access.certificate, access.private_key)
    except BadKeys as error:
        raise CannotStart(BAD_ARGUMENTS, str(error)) from None


def open_log(settings: Settings) -> LogSink:
    """Raises ``CannotStart``."""
    try:
        return LogSink(settings.log_file)
    except OSError as error:
        raise CannotStart(BAD_ARGUMENTS, f"cannot write the log: {error}") from None


def open_ports(settings: Settings) -> Tuple[socket.socket, Optional[socket.socket]]:
    """The port and, when there is one, the health port. Raises ``CannotStart``."""
    listener = _open_port(settings.host, settings.port)
    if settings.health_port is None:
        return listener, None
    return listener, _open_port(settings.host, settings.health_port)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that workers can share. Raises ``OSError`` when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _open_port(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise CannotStart(PORT_TAKEN, f"cannot listen on {host}:{port}: {error.strerror or error}") from None


def _check_certificate(certificate: str, private_key: str) -> None:
    from shipway_serving.server.tls import BadCertificate, tls_context

    try:
        tls_context(certificate, private_key)
    except BadCertificate as error:
        raise CannotStart(BAD_ARGUMENTS, str(error)) from None
