"""Which Python of this machine builds packages that have only their source."""

from collections.abc import Collection

from shipway.errors import BuildError
from shipway.image.interpreters import Interpreter, how_to_install, installed_interpreters, own_interpreter
from shipway.image.packages.lock import PythonThere


def builder_for(there: PythonThere, names: Collection[str], error: BuildError) -> Interpreter:
    """One of the same minor version. Raises BuildError, with `error`'s words and what to install, if there is none."""
    if there.interpreter is not None:
        return Interpreter(path=there.interpreter, version=there.version)
    own = own_interpreter()
    candidates = [own] if _minor(own) == there.minor else installed_interpreters(pin=there.minor)
    found = next((found for found in candidates if _minor(found) == there.minor), None)
    if found is None:
        raise BuildError(
            f"{', '.join(sorted(names))} would have to be built from source, and this machine has no Python "
            f"{there.minor} to build with: install one, such as with {how_to_install(there.minor)}, or pin a version "
            f"that has a wheel ({error})"
        ) from error
    return found


def _minor(interpreter: Interpreter) -> str:
    return ".".join(map(str, interpreter.numbers[:2]))
