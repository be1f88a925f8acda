"""``python -m shipway_serving.asset.try_imports SCRIPT``: do a script's own imports work here, and does it parse?

Run in the app root with v1's variables, by whoever has built the environment; prints one JSON document::

    {"python": "3.6.15", "syntax": null,
     "imports": [{"module": "cv2", "line": 3, "file": "score.py", "ok": false, "optional": false,
                  "error": "ModuleNotFoundError: No module named 'cv2'", "missing": "cv2",
                  "packages": ["opencv-python-headless", ...], "remedy": "..."}]}

``module`` is what the script names; ``file`` and ``line`` are where it failed, which may be a module of the author's
that the script imports. ``optional`` is what the script can go on without, and what fails for a reason that is not its
environment's, such as a model file that is not there yet. ``syntax`` has ``file``, ``line`` and ``message``.

``--only-parse`` takes any number of files and needs no package at all; neither does ``--list``, which follows the
script into its source directory and adds ``files``, ``unsure`` (the script looks for modules where only it knows) and,
to each import, ``names``, the ``function`` that it stands in, whether it is the author's own (``local``), and where a
module lies, ``beside`` the script or further off, if the server will not find it there.

What the imports print goes to stderr. They run
in a process of their own: one that crashes, exits or takes too long is told like any other failure.

Nothing but this is imported before the working folder, the author's, is off ``sys.path`` (see ``__main__``).
"""

import os
import sys

from shipway_serving.__main__ import leave_working_folder


def main() -> int:
    """Print the document; 0 whatever it says."""
    leave_working_folder(sys.path, os.getcwd())
    from shipway_serving.server.own_packages import take_own_packages

    take_own_packages(dict(os.environ))
    from shipway_serving.asset.trial_process import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
