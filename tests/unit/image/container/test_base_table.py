from pathlib import Path

import pytest

from shipway.domain.environment import AuthorsBase, Environment
from shipway.errors import ConfigError
from shipway.image.container.base_faults import process_faults
from shipway.image.container.base_table import base_table
from shipway.image.dockerfile import instructions_in


@pytest.mark.parametrize(
    ("image", "gave"),
    [
        ("azureml/base:intelmpi2018.3-ubuntu16.04", "mpi"),
        ("host.example/azureml/base-gpu:intelmpi2018.3-cuda10.0-cudnn7-ubuntu16.04", "cuda"),
        ("azureml/openmpi3.1.2-ubuntu18.04", "mpi"),
        ("azureml/openmpi3.1.2-ubuntu18.04:20210806.v1", "mpi"),
        ("azureml/openmpi3.1.2-cuda10.2-cudnn8-ubuntu18.04", "cuda"),
        ("azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04", "cuda"),
        ("azureml/intelmpi2018.3-cuda9.0-cudnn7-ubuntu16.04:latest", "cuda"),
        ("azureml/minimal-ubuntu18.04-py37-cpu-inference:latest", "conda"),
        ("azureml/minimal-ubuntu20.04-py38-cuda11.6.2-gpu-inference", "cuda"),
        ("azureml/curated/minimal-py311-inference", "conda"),
        ("azureml/o16n-sample-user-base/ubuntu-miniconda", "conda"),
        ("azureml/onnxruntime:v0.4.0", "conda"),
        ("azureml/onnxruntime:v0.4.0-cuda10.0-cudnn7", "conda"),
        ("azureml/onnxruntime-1.6-ubuntu18.04-py37-cpu-inference", "conda"),
    ],
)
def test_microsofts_images_are_known_by_their_path_whatever_host_stands_before_it(image: str, gave: str) -> None:
    found = base_table({}).find(image)
    assert found is not None
    assert gave in found.gave


@pytest.mark.parametrize(
    "image", ["python:3.8", "team/azureml/base", "azureml/basement", "ubuntu:18.04", "team/azureml"]
)
def test_other_peoples_images_are_not(image: str) -> None:
    assert base_table({}).find(image) is None


def test_what_is_provided_is_made_of_steps_that_need_no_files() -> None:
    for provided in base_table({}).provides.values():
        assert {each.word for each in instructions_in(provided.steps)} == {"RUN"}, provided.name
        assert provided.what != provided.name


def test_a_users_own_table_is_looked_at_first(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("images: [{path: azureml/base, as_it_stands: true}]\nmicromamba: mirror/mm:2\n")
    table = base_table({"SHIPWAY_BASE_IMAGES": str(tmp_path / "mine.yaml")})
    found = table.find("azureml/base:1")
    assert found is not None
    assert found.as_it_stands
    assert table.find("azureml/base-gpu") is not None
    assert table.micromamba == "mirror/mm:2"
    assert "mpi" in table.provides


def test_a_users_table_with_a_wrong_key_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("images:\n  - path: a\n    give: [x]\n")
    with pytest.raises(ConfigError) as error:
        base_table({"SHIPWAY_BASE_IMAGES": str(tmp_path / "mine.yaml")})
    assert str(error.value) == (
        f"{tmp_path}/mine.yaml:3: images/0/give: unknown key, did you mean gave? (the table of base images that "
        "SHIPWAY_BASE_IMAGES names)"
    )


def faults(**of: object) -> tuple[str, ...]:
    base = AuthorsBase(**{name: of.pop(name) for name in tuple(of) if name != "conda_packages"})  # type: ignore[arg-type]
    return process_faults(Environment(name="mine", base=base, **of), environ={})  # type: ignore[arg-type]


def test_the_process_target_can_honour_one_of_microsofts_bases() -> None:
    assert faults() == ()
    assert faults(image="azureml/base:intelmpi2018.3-ubuntu16.04", gpu=True) == ()


def test_what_the_process_target_cannot_honour_is_named() -> None:
    remedy = "release it to a target that runs containers, such as docker"
    assert faults(image="theirs:1", steps="RUN a") == (
        f"environment 'mine': the process target has no base images, and its theirs:1 is none of Microsoft's: {remedy}",
        f"environment 'mine': the process target runs no extra Docker steps: {remedy}",
    )
    assert faults(dockerfile="FROM a", conda_packages=("gdal", "proj")) == (
        f"environment 'mine': the process target builds no image, and docker.baseDockerfile is one: {remedy}",
        (
            f"environment 'mine': the process target has no conda, and only conda has gdal, proj: {remedy}, or name "
            "packages of pip's that do as well"
        ),
    )
    assert faults(image="azureml/base:1", registry="r.example", username="ada") == (
        (
            "environment 'mine': the process target has no base images, and its azureml/base:1 is none of Microsoft's: "
            f"{remedy}"
        ),
    )
