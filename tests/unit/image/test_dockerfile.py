from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shipway.domain.environment import Environment
from shipway.domain.image import ImageSpec
from shipway.errors import BuildError
from shipway.image.dockerfile import render_dockerfile
from shipway.image.render import render

GOLDEN = Path(__file__).with_name("Dockerfile.golden")


def dockerfile(spec: ImageSpec) -> str:
    return render_dockerfile(render(spec, lock="numpy==1.0\n", serving_digest="s", python="3.11.7"))


def test_it_is_the_golden_one(spec: Callable[..., ImageSpec]) -> None:
    variables = {"GREETING": 'say "hello" for $5', "PYTHONPATH": "/mine"}
    assert dockerfile(spec(environment=Environment(name="e", variables=variables))) == GOLDEN.read_text()


def test_a_new_model_changes_nothing_above_the_models_layer(spec: Callable[..., ImageSpec]) -> None:
    (model,) = spec().models
    before = dockerfile(spec()).splitlines()
    after = dockerfile(spec(models=(replace(model, version=2),))).splitlines()
    layer = before.index("COPY --chown=1000 app/azureml-models/ ./azureml-models/")
    assert before[: layer + 1] == after[: layer + 1]


def test_without_models_none_are_copied(spec: Callable[..., ImageSpec]) -> None:
    assert "azureml-models/ ./" not in dockerfile(spec(models=()))


def test_a_variable_with_a_line_break_is_refused_by_name(spec: Callable[..., ImageSpec]) -> None:
    with pytest.raises(BuildError) as error:
        dockerfile(spec(environment=Environment(name="e", variables={"KEY": "a\nb"})))
    assert str(error.value) == "the variable KEY has a line break, which a Dockerfile cannot hold; write it without"
