"""Which models can be served without code: one ONNX model, which the scoring server finds by itself (Q-1). Pure."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from shipway.domain.wording import counted
from shipway.errors import ConfigError

_MOST_NAMED = 3


def refuse_unless_one_onnx(models: Mapping[str, Sequence[str]]) -> None:
    """`models` are the files of each model of a release that has no code. Raises ConfigError, naming what is wrong."""
    if len(models) != 1:
        raise _refused(f"names {len(models)} models: {', '.join(models)}")
    ((name, files),) = models.items()
    found = [path for path in files if PurePosixPath(path).suffix.lower() == ".onnx"]
    if len(found) != 1:
        what = f"{counted(len(found), '.onnx file')}: {', '.join(found[:_MOST_NAMED])}" if found else "no .onnx file"
        raise _refused(f"has model {name}, which holds {what}")


def _refused(why: str) -> ConfigError:
    return ConfigError(
        f"inference: missing, so that the scoring server would have to serve one ONNX model by itself, but this "
        f"release {why}; name an inference config with an entry script, or one model that holds exactly one .onnx file"
    )
