"""The target that runs each revision as a container of a Docker Engine, behind one Envoy a service on this machine.

Containers are found again by name, `shipway-<workspace>-<service>-<revision>`, and known for ours by their labels; what
else every local target keeps is described in `shipway.targets._local`. The engine starts them again by itself after a
crash, and after a restart of its own or of the machine. The docker SDK is imported when a container is looked at.

    container   what one is made with (pure)
    view        what the engine says of one (pure)
    runs        what a log says of the run that ended (pure)
    health      what all that means, together with the server's own answers (pure)
    address     where ports are published
    home        which engine a revision is with
    images      what an image says of itself
    containers  looking and acting, on an open connection
    runner      what is done with them for a revision
"""

from shipway.machine.state import MachineState
from shipway.targets._local.target import LocalTarget
from shipway.targets.docker.runner import DockerRunner


def make_target(state: MachineState) -> LocalTarget:
    return LocalTarget(state, DockerRunner(state))
