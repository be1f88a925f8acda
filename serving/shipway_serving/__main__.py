"""``python -m shipway_serving`` and ``shipway-serve``: write the pid file, then supervise.

Two things must come before any other import. The working folder, which ``-m`` puts first on ``sys.path``, must go: it
is the user's, and a ``logging.py`` there would replace Python's own. And the pid file must exist as soon as the process
does, because whoever started it may be killed at any moment and finds the server again only by that file.
"""

import os
import sys


def leave_working_folder(path: "list[str]", folder: str) -> None:
    """Take the working folder from the front of ``path``; entries that a user put there on purpose stay."""
    if path and path[0] in ("", folder):
        del path[0]


def main() -> int:
    """Run the server to its end and return its exit code (``server/exit_codes.py``)."""
    leave_working_folder(sys.path, os.getcwd())
    from shipway_serving.server.exit_codes import BAD_ARGUMENTS
    from shipway_serving.server.pid_file import path_in_arguments, write_pid_file

    pid_file = path_in_arguments(sys.argv[1:])
    try:
        if pid_file:
            write_pid_file(pid_file, os.getpid())
    except OSError as error:
        sys.stderr.write(f"shipway-serve: cannot write the pid file: {error}\n")
        return BAD_ARGUMENTS
    from shipway_serving.server.own_packages import take_own_packages

    try:
        take_own_packages(dict(os.environ))
    except ImportError as error:
        sys.stderr.write(f"shipway-serve: {error}\n")
        return BAD_ARGUMENTS
    from shipway_serving.server.start import start

    return start(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
