import json

import pytest

from shipway.domain.image import ImageConfig
from shipway.errors import BuildError
from shipway.image.container.base_choice import base_name, minor_for, with_tag
from shipway.image.container.base_python import BasePython, choose_python, platform_of, pythons_in

OWN = (3, 11, 7)


def python(version: str, executable: str = "/usr/bin/python3") -> BasePython:
    return BasePython(
        version=version, executable=executable, machine="x86_64", libc="glibc 2.36", passwd="", group="", folders=()
    )


@pytest.mark.parametrize(
    ("config", "environment", "pin", "name"),
    [
        (ImageConfig(), {}, None, "python:3.11-slim"),
        (ImageConfig(), {}, "3.6.2", "python:3.6-slim"),
        (ImageConfig(), {"SHIPWAY_BASE_IMAGE": "mine:{python}"}, "3.8", "mine:3.8"),
        (ImageConfig(base="team/base:7"), {"SHIPWAY_BASE_IMAGE": "mine:{python}"}, "3.8", "team/base:7"),
        (ImageConfig(base="r.example/b@sha256:0"), {}, None, "r.example/b@sha256:0"),
    ],
)
def test_the_release_has_the_first_word_then_the_environment(
    config: ImageConfig, environment: dict[str, str], pin: str | None, name: str
) -> None:
    assert base_name(config, pin, own=OWN, environment=environment) == name


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
        minor_for("3.5", own=OWN)
    assert str(error.value) == (
        "the environment pins Python 3.5; the scoring server runs on 3.6 to 3.13: pin one of those"
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
