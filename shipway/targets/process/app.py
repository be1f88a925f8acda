"""What a revision runs: its image's bundle, and its own copy of the bundle's app folder."""

import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from shipway.errors import TargetError
from shipway.targets.process.copying import copy_file

if TYPE_CHECKING:
    from shipway.image.bundle import WrittenBundle


def read_bundle(location: str) -> "WrittenBundle":
    """Raises MachineError when it is gone."""
    from shipway.image.bundle import read_bundle  # noqa: PLC0415 - brings the store along, which looking does not need

    return read_bundle(Path(location))


def copy_app(source: Path, app: Path) -> None:
    """A revision's own copy, which its script may change; one that is there already is left as it is."""
    if app.exists():
        return
    app.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = app.with_name("app.new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        shutil.copytree(source, draft, symlinks=True, copy_function=_writable_copy)
    except OSError as error:  # shutil.Error is one
        shutil.rmtree(draft, ignore_errors=True)
        raise TargetError(f"the app folder {source} cannot be copied to {app}: {_reason(error)}") from error
    draft.rename(app)


def _writable_copy(source: str, target: str) -> str:
    """Files out of a content-addressed store may be read-only."""
    copy_file(Path(source), Path(target))
    path = Path(target)
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return target


def _reason(error: OSError) -> str:
    """The first of the reasons that shutil collects."""
    if isinstance(error, shutil.Error):
        return str(error.args[0][0][2])
    return error.strerror or str(error)
