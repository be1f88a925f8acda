"""A release to containers as a person types it."""

from pathlib import Path

import pytest

from tests.absent import absent
from tests.engines import has_image, usable_engine
from tests.live import live


@pytest.fixture(autouse=True)
def engine() -> None:
    if not usable_engine():
        absent("no Docker Engine answers")
    if not has_image("shipway-base:3.11"):
        absent("there is no image shipway-base:3.11: make it with requirements/base_image.sh 3.11")


def test_a_release_to_containers_serves_goes_back_and_leaves_nothing(tmp_path: Path) -> None:
    with live(tmp_path, SHIPWAY_BASE_IMAGE="shipway-base:{python}") as shop:
        first = shop.adder("good", offset="1", golden=2, target="docker")
        done = shop.shipway("release", first, "--id", "first")
        assert done.returncode == 0, done.stderr
        assert "smoke test: user passed: it runs as user 1000" in done.stderr
        assert "smoke test: secrets passed: none was found in its layers and settings" in done.stderr
        assert "smoke test: memory passed" in done.stderr
        bad = shop.adder("bad", offset="7", golden=2, target="docker")
        assert shop.shipway("release", bad, "--id", "second").returncode == 1
        (service,) = shop.document("service", "list")
        assert (service["compute_type"], service["state"]) == ("docker", "Healthy")
        (container,) = shop.containers()
        assert container.labels["shipway.revision"] == service["revisions"][0]["revision"]
        assert shop.document("service", "run", "-n", "adder", "-d", '{"data": [1]}') == [2]
        assert shop.shipway("service", "delete", "-n", "adder").returncode == 0
        assert shop.containers() == []
        assert shop.processes()["envoy"] == []
