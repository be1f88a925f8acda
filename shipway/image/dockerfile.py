"""A Dockerfile from a rendered bundle. Pure. Building it, by a Docker Engine, comes with the `docker` target.

The build context is a folder with `requirements.lock`, `serving/` and `app/`. Layers go from what changes least to what
changes most, the model last: a new model rebuilds one layer.
"""

import json
from collections.abc import Mapping

from shipway.errors import BuildError
from shipway.image.render import APP_ROOT, MODELS_FOLDER, Bundle

PORT = 5001
"""v1's (contract C-11)."""

_SERVING = "/opt/shipway/serving"
_USER = 1000
_HEALTH = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{PORT}/', timeout=2)"


def render_dockerfile(bundle: Bundle) -> str:
    """Raises BuildError for a variable that a Dockerfile cannot hold."""
    code = sorted({_top(file.path) for file in bundle.files} - {f"{MODELS_FOLDER}/"})
    models = any(file.path.startswith(f"{MODELS_FOLDER}/") for file in bundle.files)
    root = bundle.variables.get("AML_APP_ROOT", APP_ROOT)
    layers = [
        f"FROM python:{bundle.python}-slim",
        f"RUN useradd --uid {_USER} --create-home shipway && install -d -o {_USER} {root}",
        "COPY requirements.lock /opt/shipway/requirements.lock",
        "RUN python -m pip install --no-cache-dir --no-deps -r /opt/shipway/requirements.lock",
        f"COPY serving/ {_SERVING}/",
        f"WORKDIR {root}",
        *(f"COPY --chown={_USER} {_json(f'app/{name}', f'./{name}')}" for name in code),
        *([f"COPY --chown={_USER} app/{MODELS_FOLDER}/ ./{MODELS_FOLDER}/"] if models else []),
        *_variables(bundle.variables),
        f"USER {_USER}",
        f"EXPOSE {PORT}",
        f"HEALTHCHECK --interval=10s --timeout=3s --start-period=300s CMD {_json('python', '-c', _HEALTH)}",
        f"CMD {_json(*bundle.command)}",
    ]
    return "\n".join(layers) + "\n"


def _top(path: str) -> str:
    """What lies directly below the app root: a folder with a slash at its end, or a file."""
    head, slash, _ = path.partition("/")
    return head + slash


def _variables(variables: Mapping[str, str]) -> list[str]:
    """The server's folder stands first on PYTHONPATH; an author's own stays behind it."""
    own = variables.get("PYTHONPATH")
    path = _SERVING if own is None else f"{_SERVING}:{own}"
    return [f"ENV {name}={_quoted(name, value)}" for name, value in sorted({**variables, "PYTHONPATH": path}.items())]


def _quoted(name: str, value: str) -> str:
    if "\n" in value:
        raise BuildError(f"the variable {name} has a line break, which a Dockerfile cannot hold; write it without")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _json(*words: str) -> str:
    return json.dumps(list(words), ensure_ascii=False)
