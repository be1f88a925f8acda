"""A bundle as the image builder leaves it, with `app/`, `serving/` and `bundle.json`; and a revision's own app."""

import json
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from shipway.errors import TargetError
from shipway.targets.process.copying import copy_file


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """`variables` are those of the author and of the image, as the entry script is to see them."""

    app: Path
    serving: Path
    variables: dict[str, str]

    @property
    def concurrency(self) -> int:
        """How many requests the server works on at once: v1's WORKER_COUNT, by default one."""
        count = self.variables.get("WORKER_COUNT", "")
        return max(int(count), 1) if count.isdecimal() else 1


def read_bundle(location: str) -> Bundle:
    """Raises TargetError when the folder is not a bundle any more."""
    folder = Path(location)
    try:
        document = json.loads((folder / "bundle.json").read_text())
        variables = {str(name): str(value) for name, value in document["variables"].items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise TargetError(
            f"the image in {location} is incomplete ({type(error).__name__}: {error}); "
            "remove that folder and release again to build it anew"
        ) from error
    return Bundle(app=folder / "app", serving=folder / "serving", variables=variables)


def copy_app(bundle: Bundle, app: Path) -> None:
    """A revision's own copy, which its script may change; one that is there already is left as it is."""
    if app.exists():
        return
    draft = app.with_name("app.new")
    if draft.exists():
        shutil.rmtree(draft)
    try:
        shutil.copytree(bundle.app, draft, symlinks=True, copy_function=_writable_copy)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise TargetError(f"the app folder {bundle.app} cannot be copied to {app}: {_reason(error)}") from error
    draft.rename(app)


def _writable_copy(source: str, target: str) -> str:
    """Files out of a content-addressed store may be read-only."""
    copy_file(Path(source), Path(target))
    path = Path(target)
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return target


def _reason(error: Exception) -> str:
    if isinstance(error, shutil.Error) and error.args and error.args[0]:
        return str(error.args[0][0][2])
    return str(error)
