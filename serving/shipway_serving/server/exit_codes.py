"""The exit codes of the supervisor and of its workers; whoever starts the server decides by them."""

DRAINED = 0
"""Asked to stop, and stopped: every accepted request was answered or had outlived the drain time."""

BAD_ARGUMENTS = 1
"""The command line or a setting in the environment cannot be used (as in Microsoft's server, not argparse's 2)."""

NEVER_STARTED = 3
"""The entry script failed at import or in ``init``, or workers kept dying (gunicorn's "worker failed to boot")."""

PORT_TAKEN = 4
"""The address to listen on is in use or may not be bound."""

WORKER_QUIT = 5
"""Of a worker only: the script asked to end its process from inside ``run``; the supervisor starts another one."""

WORKER_LEFT = 7
"""Of a worker only: it was told to go and has finished. Not 0, which is what a script ends its process with."""

ORPHANED = 6
"""Of a worker only: its supervisor is gone."""
