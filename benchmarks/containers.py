"""What a release to containers costs: the image of a new model, the whole release, the first answer, requests lost.

Needs a Docker Engine and a base image, such as requirements/base_image.sh makes: SHIPWAY_BASE_IMAGE names it.
"""

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import TypeVar

from benchmarks.ground import Ground, ground
from benchmarks.releasing import entries_of, took_s
from benchmarks.report import Figure
from benchmarks.rounds import seconds_of
from shipway.cli.steady_load import SteadyLoad
from shipway.domain.image import Image
from shipway.engine.connection import connect
from shipway.errors import EngineUnavailable
from shipway.image.container.base_choice import VARIABLE as BASE_VARIABLE
from shipway.release.outcomes import SmokeResult
from shipway.release.steps import Kind, Step
from shipway.store.codec import decode
from shipway.testing.assets import write_adder

T = TypeVar("T")

_MODEL_BYTES = 100_000_000
_BAKE_S = 5.0
"""The usual traffic step's."""
_LOAD_PER_S = 100.0
_OURS = ("user", "dependencies", "serving")
"""The adder brings no package: what these layers hold is the server and its own packages."""


def container_figures(rounds: int, *, moves: int, model_bytes: int = _MODEL_BYTES) -> list[Figure]:
    """`moves` promotions and as many rollbacks are made under load."""
    try:
        connect().close()
    except EngineUnavailable as error:
        print(f"nothing is measured of containers: {error}", file=sys.stderr)
        return []
    with _docked_ground(model_bytes) as opened:
        figures = [*_release_figures(opened, rounds, model_bytes), _size_figure(opened)]
    with _docked_ground(0) as opened:
        return [*figures, _lost_figure(opened, moves)]


@contextmanager
def _docked_ground(model_bytes: int) -> Iterator[Ground]:
    """The server runs, the dependencies' layer is made, and one revision of the adder serves."""
    base = os.environ.get(BASE_VARIABLE, "shipway-base:{python}")
    with ground(**{BASE_VARIABLE: base}) as opened:
        opened.shipway("up")
        try:
            _release(opened, "first", model_bytes, bake_s=0)
            yield opened
        finally:
            _take_away(opened)


def _take_away(opened: Ground) -> None:
    """Containers and images: they are the engine's, and no folder's."""
    for service in opened.document("service", "list"):
        opened.shipway("service", "delete", "-n", service["name"])
    engine = connect()
    for release_id in opened.workspace.records.names("releases"):
        for image in _outcomes(opened, release_id, Step.BUILD, Image):
            engine.client.images.remove(image.location, force=True)
    engine.close()


def _release_figures(opened: Ground, rounds: int, model_bytes: int) -> Iterator[Figure]:
    """The same code and packages with another model each round, as after a training."""
    names = [f"again-{number}" for number in range(rounds)]
    whole = [seconds_of(lambda name=name: _release(opened, name, model_bytes, bake_s=_BAKE_S)) for name in names]
    journals = {name: entries_of(opened, name) for name in names}
    images = median(took_s(journals[name], Step.BUILD) for name in names)
    starts = median(_outcome(opened, name, Step.SMOKE, SmokeResult).started_after_s for name in names)
    size = f"a model of {model_bytes / 1e6:.0f} MB, the rest as before"
    yield Figure(figure="rerelease_image_s", unit="s", shipway=images, goal="< 4", note=size)
    yield Figure(
        figure="rerelease_s",
        unit="s",
        shipway=median(whole),
        goal="< 15",
        note=f"the command from start to end, {size}; {_BAKE_S:g} s of it are the traffic step's",
    )
    yield Figure(figure="start_to_healthy_s", unit="s", shipway=starts, note="a container from its creation")


def _size_figure(opened: Ground) -> Figure:
    image = _outcome(opened, "first", Step.BUILD, Image)
    ours = sum(layer.size_bytes for layer in image.layers if layer.name in _OURS)
    return Figure(
        figure="image_extra_mb",
        unit="MB",
        shipway=ours / 1e6,
        goal="< 40",
        note="the server and its packages, on top of the base, for an author who brings none",
    )


def _lost_figure(opened: Ground, moves: int) -> Figure:
    """Back and forth: each promotion is followed by a rollback."""
    (service,) = opened.document("service", "list")
    url = str(service["scoring_uri"]).removesuffix("/score")
    numbers = itertools.count(1)
    with SteadyLoad(url, ['{"data": [1]}'], per_second=_LOAD_PER_S) as load:
        for _ in range(moves):
            _release(opened, f"move-{next(numbers)}", 0, bake_s=0.1)
            opened.shipway("service", "rollback", "-n", "adder")
    return Figure(
        figure="lost",
        unit="requests",
        shipway=float(load.result.failed),
        goal="< 1",
        note=f"of {load.result.sent:,} during {moves} promotions and {moves} rollbacks",
    )


def _release(opened: Ground, release_id: str, model_bytes: int, *, bake_s: float) -> None:
    file = write_adder(
        opened.folder, offset="1", golden=2, name="good", bake_s=bake_s, target="docker", ballast=model_bytes
    )
    opened.shipway("release", file.name, "--id", release_id)


def _outcome(opened: Ground, release_id: str, step: Step, cls: type[T]) -> T:
    return next(_outcomes(opened, release_id, step, cls))


def _outcomes(opened: Ground, release_id: str, step: Step, cls: type[T]) -> Iterator[T]:
    for entry in entries_of(opened, release_id):
        if entry.step is step and entry.kind is Kind.OUTCOME:
            yield decode(cls, entry.data["value"])
