"""Whatever stands in a v1 config, it is read or refused in Shipway's own words: never a traceback."""

import contextlib
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from shipway.config.conda import load_conda, load_requirements
from shipway.config.deployment import load_deployment_config
from shipway.config.deployment_document import READ_BY, DeploymentDocument
from shipway.config.environment import load_environment
from shipway.config.environment_keys import EnvironmentKeys
from shipway.config.inference import InferenceDocument, load_environment_of, load_inference_config
from shipway.domain.service_defaults import with_defaults
from shipway.errors import ConfigError

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 10**6),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["true", "False", "src", "score.py", "C:\\x", "numpy=1", "-r x", "10.0", "2g", "\0"]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def objects(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the model's keys, some of them unlike what is meant, and now and then one of nobody's."""
    known = {}
    for name, field in model.model_fields.items():
        is_part = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        known[field.alias or name] = (objects(field.annotation) | VALUES) if is_part else VALUES  # type: ignore[arg-type]
    strange = st.dictionaries(st.text(max_size=6), VALUES, max_size=1)
    return st.builds(lambda given, more: {**more, **given}, st.fixed_dictionaries({}, optional=known), strange)


@QUICK
@given(content=objects(DeploymentDocument), kind=st.sampled_from([*READ_BY, "iot"]))
def test_a_deployment_config(content: dict[str, Any], kind: str) -> None:
    with contextlib.suppress(ConfigError):
        with_defaults(load_deployment_config(content | {"computeType": kind}).value)


@QUICK
@given(content=objects(EnvironmentKeys) | VALUES)
def test_an_environment(content: Any) -> None:
    with contextlib.suppress(ConfigError):
        load_environment(content)


@QUICK
@given(content=objects(InferenceDocument), environment=objects(EnvironmentKeys))
def test_an_inference_config(project: Path, content: dict[str, Any], environment: dict[str, Any]) -> None:
    whole = {"environment": environment, "entryScript": "score.py", "sourceDirectory": "src"} | content
    for load in (load_inference_config, load_environment_of):
        with contextlib.suppress(ConfigError):
            load(whole, working_directory=project)


@QUICK
@given(
    content=st.fixed_dictionaries(
        {"dependencies": st.lists(VALUES | st.fixed_dictionaries({"pip": VALUES}), max_size=4)},
        optional={"channels": VALUES, "variables": VALUES, "name": VALUES, "prefix": VALUES},
    )
)
def test_a_conda_file(content: dict[str, Any]) -> None:
    with contextlib.suppress(ConfigError):
        load_conda(content)


@QUICK
@given(text=st.text(max_size=60))
def test_a_requirements_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(text, errors="surrogatepass")
    with contextlib.suppress(ConfigError):
        load_requirements(path)
