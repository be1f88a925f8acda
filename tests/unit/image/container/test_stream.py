"""What an engine said while it worked becomes one clear error."""

import pytest

from shipway.engine.connection import Engine
from shipway.engine.endpoint import Endpoint
from shipway.engine.faults import EngineFull
from shipway.errors import BuildError
from shipway.image.container.stream import follow

ENGINE = Engine(client=None, endpoint=Endpoint(host="unix:///e.sock", origin="DOCKER_HOST"))


def test_an_error_has_the_last_lines_before_it_and_is_one_line() -> None:
    said = [{"status": "Preparing", "id": "a1"}, {"stream": "Step 1\n"}, {"status": "Pushing", "id": "a1"}]
    lines = [*said, {"status": "Waiting"}, {"error": "blob upload\ninvalid"}, {"status": "too late"}]
    with pytest.raises(BuildError) as error:
        follow(ENGINE, lines, what="pushing image x")
    assert str(error.value) == ("pushing image x: blob upload invalid (before that: Step 1; a1: Pushing; Waiting)")


def test_a_full_disk_in_the_middle_is_known() -> None:
    lines = [{"status": "Loading"}, {"error": "write /data: no space left on device"}]
    with pytest.raises(
        EngineFull, match=r"^loading image x: the disk of the Docker Engine at unix:///e\.sock .* is full"
    ):
        follow(ENGINE, lines, what="loading image x")


def test_without_an_error_every_line_is_shown_to_its_end() -> None:
    seen: list[object] = []
    lines = iter([{"status": "a"}, {"status": "b"}])
    follow(ENGINE, lines, what="x", each=seen.append)
    assert seen == [{"status": "a"}, {"status": "b"}]
    assert next(lines, None) is None
