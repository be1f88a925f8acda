import json
from dataclasses import replace
from typing import Any

import pytest

from shipway.domain.base_table import BaseTable, KnownBase, Provided, host_of, path_of, versions_in
from shipway.domain.environment import AuthorsBase, Environment
from shipway.domain.image import USUAL_IMAGE, ImageConfig
from shipway.domain.secret import Secret
from shipway.errors import BuildError
from shipway.image.container.base import login_of
from shipway.image.container.base_choice import BaseWish, at_registry, base_for, minor_for, with_tag
from shipway.image.container.base_python import BasePython, choose_python, platform_of, pythons_in
from shipway.image.dockerfile import images_in

OWN = (3, 11, 7)
TABLE = BaseTable(
    images=(
        KnownBase(path="azureml/left-alone", as_it_stands=True),
        KnownBase(path="azureml/base", gave=("conda", "mpi")),
        KnownBase(path="azureml/base-gpu", gave=("conda", "mpi", "cuda")),
        KnownBase(path="azureml/sklearn-*", gave=("conda",), packages=("scikit-learn",)),
    ),
    provides={"mpi": Provided(name="mpi", what="MPI", steps="RUN get mpi\n")},
    micromamba="mm:1",
)
OF_2021 = "azureml/base:intelmpi2018.3-ubuntu16.04"


def python(version: str, executable: str = "/usr/bin/python3") -> BasePython:
    return BasePython(
        version=version, executable=executable, machine="x86_64", libc="glibc 2.36", passwd="", group="", folders=()
    )


def wish(
    environ: dict[str, str] | None = None, config: ImageConfig = USUAL_IMAGE, table: BaseTable = TABLE, **of: Any
) -> BaseWish:
    base = {name: of.pop(name) for name in tuple(of) if name in AuthorsBase.__dataclass_fields__}
    environment = Environment(name="mine", base=AuthorsBase(**base), **of)
    return base_for(environment, config, own=OWN, environ=environ or {}, table=table)


@pytest.mark.parametrize(
    ("config", "environ", "base", "pin", "name"),
    [
        (ImageConfig(), {}, {}, None, "python:3.11-slim"),
        (ImageConfig(), {}, {}, "3.6.2", "python:3.6-slim"),
        (ImageConfig(), {"SHIPWAY_BASE_IMAGE": "mine:{python}"}, {}, "3.8", "mine:3.8"),
        (ImageConfig(base="team/base:7"), {"SHIPWAY_BASE_IMAGE": "mine:{python}"}, {}, "3.8", "team/base:7"),
        (ImageConfig(base="r.example/b@sha256:0"), {}, {}, None, "r.example/b@sha256:0"),
        (ImageConfig(base="team/base:7"), {}, {"image": "theirs:1"}, "3.8", "team/base:7"),
        (ImageConfig(), {"SHIPWAY_BASE_IMAGE": "mine:{python}"}, {"image": "theirs:1"}, "3.8", "theirs:1"),
        (ImageConfig(), {"SHIPWAY_BASE_IMAGE": "mine:{python}"}, {"image": OF_2021}, "3.6.2", "mine:3.6"),
        (ImageConfig(), {}, {"image": OF_2021}, "3.6.2", "python:3.6-slim"),
        (ImageConfig(), {}, {"image": f"host.example/{OF_2021}"}, None, "python:3.11-slim"),
        (ImageConfig(), {}, {"image": f"host.example/mirror/{OF_2021}"}, None, f"host.example/mirror/{OF_2021}"),
        (ImageConfig(), {}, {"image": "azureml/left-alone:1"}, None, "azureml/left-alone:1"),
        (ImageConfig(), {}, {"image": "a:1", "registry": "r.example"}, None, "r.example/a:1"),
        (
            ImageConfig(),
            {},
            {"image": OF_2021, "registry": "r.example", "username": "ada"},
            None,
            f"r.example/{OF_2021}",
        ),
    ],
)
def test_the_release_has_the_first_word_then_the_author_then_the_variable(
    config: ImageConfig, environ: dict[str, str], base: dict[str, str], pin: str | None, name: str
) -> None:
    found = wish(environ, config, python=pin, **base)
    assert (found.name, found.dockerfile) == (name, None)


def test_what_was_mapped_is_told_with_how_to_have_back_what_it_gave() -> None:
    (line,) = wish(image="azureml/base:intelmpi2018.3-ubuntu16.04", python="3.6.2").told
    assert line == (
        "environment 'mine': python:3.6-slim stands in place of Microsoft's azureml/base:intelmpi2018.3-ubuntu16.04; "
        "it also gave conda, mpi, of which image.provide in the release file brings back mpi"
    )


def test_what_is_asked_for_is_put_into_the_base_and_no_more_offered() -> None:
    found = wish(config=ImageConfig(provide=("mpi", "mpi")), image="azureml/base:1", python="3.8")
    assert found.dockerfile == "FROM python:3.8-slim\nUSER root\nRUN get mpi\n"
    assert found.told == (
        "environment 'mine': python:3.8-slim stands in place of Microsoft's azureml/base:1; it also gave conda, mpi",
    )


def test_what_no_table_knows_cannot_be_asked_for() -> None:
    with pytest.raises(BuildError) as error:
        wish(config=ImageConfig(provide=("mpx",)))
    assert str(error.value) == "image/provide: there is nothing called 'mpx' to put into a base; there are mpi"


def test_a_base_with_cuda_and_a_wish_for_a_gpu_are_answered() -> None:
    lines = wish(image="azureml/base-gpu:intelmpi2018.3-cuda10.0-cudnn7-ubuntu16.04").told
    assert "; it also gave conda, mpi, cuda 10.0, of which " in lines[0]
    assert lines[-1] == (
        "environment 'mine': it asks for a GPU, and containers here are given none: the script runs on the CPU, with "
        "packages that run there (tensorflow or onnxruntime in place of their -gpu builds)"
    )
    assert wish(gpu=True).told == lines[-1:]


def test_packages_that_lay_in_a_base_are_named() -> None:
    lines = wish(image="azureml/sklearn-0.24-ubuntu18.04-py37-cpu-inference", python="3.7").told
    assert lines[-1] == (
        "environment 'mine': its base image had packages in it (scikit-learn), which the new one has not: name those "
        "that the script imports in the conda file"
    )


def test_a_base_that_the_release_overrules_is_said() -> None:
    assert wish(config=ImageConfig(base="b:1"), image="theirs:1").told == (
        "environment 'mine': image.base b:1 stands in place of its base image theirs:1",
    )
    assert wish(config=ImageConfig(base="b:1"), dockerfile="FROM x").told == (
        "environment 'mine': image.base b:1 stands in place of its docker.baseDockerfile",
    )


def test_a_python_that_the_server_does_not_run_on_is_the_nearest_and_said() -> None:
    found = wish(python="3.5")
    assert (found.name, found.pin) == ("python:3.6-slim", "3.6")
    (line,) = found.told
    assert line.startswith("environment 'mine': it pins Python 3.5 and runs on 3.6")


def test_steps_are_run_on_the_base_and_that_is_said() -> None:
    found = wish(image="theirs:1", steps="RUN touch /here\nENV A=b\n")
    assert found.dockerfile == "FROM theirs:1\nUSER root\nRUN touch /here\nENV A=b\n"
    assert found.told == (
        (
            "environment 'mine': its extra Docker steps run on the base image, before the environment is there; in v1 "
            "they ran after it"
        ),
    )
    assert not found.packages_stay


def test_packages_that_a_step_installs_are_seen_and_that_is_said() -> None:
    found = wish(steps="RUN apt-get update && \\\n    pip install -q --upgrade tea")
    assert found.packages_stay
    assert found.told[1] == (
        "environment 'mine': `RUN apt-get update && pip install -q --upgrade tea` installs packages into the base's "
        "own Python: the script sees them where the environment has none of that name, and no lock says which they "
        "are; better name them in the conda file"
    )


def test_an_authors_dockerfile_is_built_as_it_is() -> None:
    found = wish(dockerfile="FROM ubuntu:18.04\nRUN touch /a\n")
    assert found.dockerfile == "FROM ubuntu:18.04\nRUN touch /a\n"
    assert wish(dockerfile="FROM a\n", steps="RUN b").dockerfile == "FROM a\nUSER root\nRUN b\n"
    assert wish(config=ImageConfig(base="b:1"), dockerfile="FROM a\n").dockerfile is None


def test_packages_of_condas_come_by_a_stage_of_micromambas() -> None:
    found = wish(python="3.6.2", conda_packages=("gdal=3.4", "libnetcdf>4"), channels=("conda-forge", "nodefaults"))
    assert found.packages_stay
    assert found.dockerfile == (
        "FROM mm:1 AS shipway-conda\n"
        "USER root\n"
        "RUN micromamba create --yes --quiet --prefix /opt/shipway/conda --override-channels --channel conda-forge "
        "python=3.6.2 gdal=3.4 'libnetcdf>4' && micromamba clean --all --yes --quiet\n"
        "FROM python:3.6-slim\n"
        "COPY --from=shipway-conda /opt/shipway/conda /opt/shipway/conda\n"
        'ENV PATH="/opt/shipway/conda/bin:$PATH"\n'
        "USER root\n"
    )
    assert found.told == (
        (
            "environment 'mine': gdal=3.4, libnetcdf>4 come from conda (conda-forge), by mm:1, in a stage of its own; "
            "their Python is the image's"
        ),
    )


def test_condas_stage_stands_below_the_arguments_that_from_needs() -> None:
    found = wish(dockerfile="ARG V=1\nFROM a:$V\nRUN b\n", conda_packages=("gdal",)).dockerfile or ""
    assert found.startswith("ARG V=1\nFROM mm:1 AS shipway-conda\nUSER root\nRUN micromamba ")
    assert "\nFROM a:$V\nRUN b\nCOPY --from=shipway-conda" in found
    assert images_in(found) == ["mm:1", "a:1"]


@pytest.mark.parametrize(
    ("pin", "spec"), [(None, "python=3.11"), ("3.8", "python=3.8"), (">=3.7,<3.9", "'python>=3.7,<3.9'")]
)
def test_conda_is_given_the_authors_pin_of_python(pin: str | None, spec: str) -> None:
    text = wish(python=pin, conda_packages=("gdal",)).dockerfile or ""
    assert f"--channel conda-forge {spec} gdal &&" in text


@pytest.mark.parametrize(
    ("base", "text"),
    [
        (
            {"steps": "RUN a\nCOPY data /data\n"},
            (
                "environment 'mine': line 2 of the extra Docker steps takes files from beside it (COPY data /data), "
                "and there are none: v1 gave such steps no files either; fetch them with RUN or ADD from an address, "
                "put them into the source directory, or make a base image with them and name it as image.base in the "
                "release file"
            ),
        ),
        (
            {"dockerfile": "FROM a\nADD x.tar /\n"},
            "environment 'mine': line 2 of docker.baseDockerfile takes files from beside it (ADD x.tar /), and ",
        ),
        (
            {"steps": "FROM other\n"},
            (
                "environment 'mine': line 1 of the extra Docker steps begins another image (FROM other); steps are run "
                "on the base image: name that image as base image, or as image.base in the release file"
            ),
        ),
        (
            {"steps": "RUN a\nINSTALL b\n"},
            "environment 'mine': line 2 of the extra Docker steps is no instruction of a Dockerfile (INSTALL b)",
        ),
        ({"dockerfile": "RUN a\n"}, "environment 'mine': docker.baseDockerfile has no FROM; it must be a Dockerfile"),
    ],
)
def test_steps_that_cannot_be_carried_out_are_refused(base: dict[str, str], text: str) -> None:
    with pytest.raises(BuildError) as error:
        wish(**base)
    assert str(error.value).startswith(text)


def test_a_user_managed_environment_sees_what_the_base_has() -> None:
    assert wish(image="theirs:1", user_managed=True).packages_stay


def test_a_table_of_ones_own_has_the_first_word() -> None:
    own = BaseTable(images=(KnownBase(path="azureml/base", as_it_stands=True),), micromamba="mirror/mm:2")
    both = own.before(TABLE)
    assert wish(table=both, image="azureml/base:1").name == "azureml/base:1"
    assert (both.micromamba, list(both.provides)) == ("mirror/mm:2", ["mpi"])
    assert replace(own, micromamba="").before(TABLE).micromamba == "mm:1"


@pytest.mark.parametrize(
    ("image", "host", "path"),
    [
        ("azureml/base:1", "", "azureml/base"),
        ("h.example/azureml/base@sha256:0", "h.example", "azureml/base"),
        ("h:5000/a/b:1", "h:5000", "a/b"),
        ("localhost/a", "localhost", "a"),
        ("ubuntu", "", "ubuntu"),
    ],
)
def test_an_images_name_has_a_host_and_a_path(image: str, host: str, path: str) -> None:
    assert (host_of(image), path_of(image)) == (host, path)


def test_versions_are_read_from_an_images_name() -> None:
    image = "azureml/openmpi3.1.2-cuda10.2-cudnn8-ubuntu18.04"
    assert versions_in(image, ["conda", "cuda", "cudnn"]) == ["conda", "cuda 10.2", "cudnn 8"]


@pytest.mark.parametrize("registry", ["r.example", "https://r.example/", "http://r.example/"])
def test_a_login_is_for_the_host_of_its_registry_however_it_is_written(registry: str) -> None:
    base = AuthorsBase(image="a:1", registry=registry, username="ada")
    login = login_of(Environment(name="mine", base=base), Secret("hunter2"))
    assert login is not None
    assert at_registry("a:1", registry) == f"{login.registry}/a:1"


def test_an_image_that_names_the_host_of_its_registry_has_it_once() -> None:
    assert at_registry("r.example/team/a:1", "r.example/team") == "r.example/team/a:1"


@pytest.mark.parametrize("registry", ["r.example", "https://r.example/", None])
def test_an_image_has_its_registry_before_it_once(registry: str | None) -> None:
    assert at_registry("r.example/a:1", registry) == "r.example/a:1"
    assert at_registry("a:1", registry) == ("r.example/a:1" if registry else "a:1")


@pytest.mark.parametrize(
    ("pin", "minor"),
    [
        (None, "3.11"),
        ("3.11.2", "3.11"),
        (">=3.7,<3.9", "3.8"),
        ("3.6.*", "3.6"),
        (">=3.8.2", "3.11"),
        (">3.11", "3.13"),
    ],
)
def test_a_pin_gives_a_minor_version_shipways_own_if_it_fits(pin: str | None, minor: str) -> None:
    assert minor_for(pin, own=OWN) == minor


def test_a_pin_that_no_version_fits_is_refused() -> None:
    with pytest.raises(BuildError) as error:
        minor_for(">3.8,<3.7", own=OWN)
    assert str(error.value) == (
        "the environment pins Python >3.8,<3.7; the scoring server runs on 3.6 to 3.13: pin one of those"
    )


@pytest.mark.parametrize(
    ("name", "tagged"),
    [("a", "a:latest"), ("h:5000/a", "h:5000/a:latest"), ("a:1", "a:1"), ("a@sha256:0", "a@sha256:0")],
)
def test_a_name_without_a_tag_means_latest(name: str, tagged: str) -> None:
    assert with_tag(name) == tagged


def test_a_base_tells_each_python_once_and_other_lines_are_passed_over() -> None:
    told = {"version": "3.9.2", "executable": "/usr/bin/python3.9", "machine": "x86_64", "libc": "glibc 2.31"}
    line = json.dumps({**told, "passwd": "p", "group": "g", "folders": [["tmp", 0o1777, 0, 0]]})
    (found,) = pythons_in(f"noise\n{line}\n{line}\n".encode())
    assert (found.minor, found.numbers, found.folders[0].mode) == ("3.9", (3, 9, 2), 0o1777)


def test_of_several_the_pinned_one_is_taken_else_the_first_that_fits() -> None:
    there = [python("3.11.2", "/a"), python("3.9.18", "/b"), python("3.9.2", "/c")]
    assert choose_python(there, None, base="x").executable == "/a"
    assert choose_python(there, "3.9", base="x").executable == "/b"
    assert choose_python(there, "3.9.2", base="x").executable == "/c"


@pytest.mark.parametrize(
    ("machine", "libc", "platform"),
    [
        ("x86_64", "glibc 2.36", "x86_64-manylinux_2_36"),
        ("aarch64", "glibc 2.30", "aarch64-manylinux_2_28"),
        ("x86_64", "glibc 2.17", "x86_64-manylinux_2_17"),
        ("arm64", "glibc 2.99", "aarch64-manylinux_2_40"),
        ("aarch64", "musl", "aarch64-unknown-linux-musl"),
    ],
)
def test_wheels_must_run_on_the_bases_own_library(machine: str, libc: str, platform: str) -> None:
    assert platform_of(machine, libc, base="x") == platform


@pytest.mark.parametrize(
    ("machine", "libc", "text"),
    [
        ("ppc64le", "glibc 2.36", "base image x is for ppc64le; images are built for x86_64 and aarch64"),
        ("x86_64", "glibc 2.12", "base image x has glibc 2.12, and wheels need 2.17 or newer; choose a newer one"),
    ],
)
def test_a_base_that_no_wheel_runs_on_is_refused(machine: str, libc: str, text: str) -> None:
    with pytest.raises(BuildError) as error:
        platform_of(machine, libc, base="x")
    assert str(error.value) == text
