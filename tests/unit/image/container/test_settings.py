import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from shipway.domain.environment import Environment
from shipway.domain.image import ImageSpec
from shipway.image.container.base import BaseImage
from shipway.image.container.base_python import BasePython
from shipway.image.container.build import local_name
from shipway.image.container.load import keeps_layers, shared_layers
from shipway.image.container.registry import repository_of
from shipway.image.container.settings import (
    NOWHERE,
    Origin,
    config_digest,
    image_labels,
    image_settings,
    image_variables,
)
from shipway.image.packages.lock import Lock
from shipway.image.render import Bundle, render

PYTHON = BasePython(
    version="3.11.7",
    executable="/usr/bin/python3.11",
    machine="x86_64",
    libc="glibc 2.36",
    passwd="",
    group="",
    folders=(),
)
BASE = BaseImage(
    name="team/base:1",
    id="sha256:1",
    digest="sha256:1",
    os="linux",
    architecture="amd64",
    layers=("sha256:a", "sha256:b"),
    settings={
        "Env": ["PATH=/usr/bin", "LANG=C.UTF-8", "PYTHONPATH=/of/the/base"],
        "Entrypoint": ["/nvidia.sh"],
        "Labels": {"team": "x", "org.opencontainers.image.created": "2020"},
        "OnBuild": ["RUN x"],
        "User": "root",
    },
    python=PYTHON,
)
Spec = Callable[..., ImageSpec]


def bundle_of(spec: ImageSpec) -> Bundle:
    return render(spec, lock=Lock(text="numpy==1.0\n", private=""), serving_digest="s", python="3.11.7")


def labels_of(spec: ImageSpec, origin: Origin = NOWHERE) -> dict[str, str]:
    return image_labels(spec, BASE, bundle_of(spec), lock_digest="lock", origin=origin)


def test_equal_inputs_are_equal_bytes_and_every_input_moves_them(spec: Spec) -> None:
    def settings(spec: ImageSpec, *layers: tuple[str, str]) -> bytes:
        return image_settings(BASE, bundle_of(spec), labels_of(spec), layers, root="var/azureml-app")

    assert settings(spec(), ("user", "sha256:c")) == settings(spec(), ("user", "sha256:c"))
    other = spec(environment=Environment(name="e", variables={"A": "1"}))
    assert len({settings(spec()), settings(spec(), ("user", "sha256:c")), settings(other)}) == 3


def test_the_settings_name_user_command_port_and_health_and_leave_the_bases_own_start_out(spec: Spec) -> None:
    layers = [("user", "sha256:c"), ("code", "sha256:d")]
    found = json.loads(image_settings(BASE, bundle_of(spec()), labels_of(spec()), layers, root="var/azureml-app"))
    config = found["config"]
    assert (config["User"], config["WorkingDir"], config["Entrypoint"]) == ("1000", "/var/azureml-app", None)
    assert config["Cmd"] == ["/opt/shipway/venv/bin/python", "/opt/shipway/serving"]
    assert config["ExposedPorts"] == {"5001/tcp": {}}
    assert config["Healthcheck"]["Test"][:4] == ["CMD", "/opt/shipway/venv/bin/python", "-I", "-S"]
    assert "OnBuild" not in config
    assert found["rootfs"]["diff_ids"] == ["sha256:a", "sha256:b", "sha256:c", "sha256:d"]
    steps = [entry["created_by"] for entry in found["history"] if not entry.get("empty_layer")]
    assert steps == ["base image team/base:1", "base image team/base:1", "shipway: user", "shipway: code"]
    assert {entry["created"] for entry in found["history"]} == {found["created"]} == {"1980-01-01T00:00:00Z"}


def test_the_authors_variables_win_and_our_folders_come_first() -> None:
    variables = {"LANG": "de", "PYTHONPATH": "/mine", "GREETING": 'a "b"\n$c'}
    assert image_variables(BASE.settings, variables) == [
        'GREETING=a "b"\n$c',
        "LANG=de",
        "PATH=/opt/shipway/venv/bin:/usr/bin",
        "PYTHONPATH=/opt/shipway/serving:/mine",
        "VIRTUAL_ENV=/opt/shipway/venv",
    ]


def test_labels_say_what_it_is_and_not_when_the_base_was_made(spec: Spec) -> None:
    labels = labels_of(spec(), Origin(commit="abc"))
    assert labels["team"] == "x"
    assert labels["org.opencontainers.image.revision"] == "abc"
    assert "org.opencontainers.image.created" not in labels
    assert json.loads(labels["shipway.models"]) == {"digits:1": spec().models[0].digest}


def test_the_configs_digest_is_that_of_all_but_the_models(spec: Spec) -> None:
    (model,) = spec().models
    assert config_digest(bundle_of(spec())) == config_digest(bundle_of(spec(models=(replace(model, version=2),))))
    other = spec(environment=Environment(name="e", variables={"A": "1"}))
    assert config_digest(bundle_of(spec())) != config_digest(bundle_of(other))


@pytest.mark.parametrize(
    ("ours", "theirs", "shared"),
    [
        ((), (), 0),
        (("a", "b", "c"), ("a", "b", "d"), 2),
        (("a", "b", None), ("a", "b", "c"), 2),
        (("a", "b"), ("a", "b", "c"), 2),
        (("a", "b", "c"), ("a",), 1),
        (("a",), ("b",), 0),
    ],
)
def test_layers_are_shared_from_the_lowest_up(
    ours: tuple[str | None, ...], theirs: tuple[str, ...], shared: int
) -> None:
    assert shared_layers(ours, theirs) == shared


def test_an_engine_on_containerds_store_knows_no_layers_by_their_chain() -> None:
    assert keeps_layers({"Driver": "overlay2", "DriverStatus": [["Backing Filesystem", "extfs"]]})
    assert not keeps_layers({"Driver": "overlayfs", "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]})


@pytest.mark.parametrize(
    ("registry", "repository"),
    [
        ("r.example:5000", "r.example:5000/shipway"),
        ("r.example/team/x", "r.example/team/x"),
        ("r.example/", "r.example/shipway"),
    ],
)
def test_a_registry_without_a_path_gets_one(registry: str, repository: str) -> None:
    assert repository_of(registry) == repository


def test_the_local_name_is_one_that_engines_take(spec: Spec) -> None:
    (model,) = spec().models
    assert local_name(spec()) == "shipway/digits"
    assert local_name(spec(models=(replace(model, name="My_Model.v2"), model))) == "shipway/my-model-v2-digits"
    assert local_name(spec(models=(replace(model, name="__"),))) == "shipway/image"
