"""Releases that go wrong once they are under way, and services that are not as they are written down."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from shipway.domain.release import revision_id_of
from shipway.release.failpoints import VARIABLE, Boundary
from shipway.release.steps import Step
from tests.e2e.desk import without_progress
from tests.live import Live, live

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service `adder` with one promoted revision, of release `first`."""
    with live(tmp_path_factory.mktemp("bad")) as opened:
        done = opened.shipway("release", opened.adder("good", offset="1", golden=2), "--id", "first")
        assert done.returncode == 0, done.stderr
        yield opened


def refusal(shop: Live, *words: str, **variables: str) -> str:
    """The one line of a refused command."""
    done = shop.shipway(*words, **variables)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    line, _, rest = done.stderr.partition("\n")
    assert rest == ""
    return line.removeprefix("shipway: error: ")


def ending(shop: Live, *words: str) -> dict[str, str]:
    """What a release that did not make it says of its end. No traceback was shown, and the champion serves on."""
    done = shop.shipway(*words)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert f"next: shipway release show {words[-1]}" in done.stdout
    assert shop.traffic() == {revision_id_of("first"): 100}
    (service,) = shop.document("service", "list")
    assert [each["revision"] for each in service["revisions"]] == [revision_id_of("first")]
    return dict(line.split(None, 1) for line in done.stdout.splitlines() if not line.startswith("next"))


def file_with(shop: Live, name: str, old: str, new: str) -> str:
    path = shop.folder / shop.adder(name, offset="1", golden=2)
    path.write_text(path.read_text().replace(old, new))
    return path.name


def test_dependencies_that_nothing_satisfies_are_refused_before_anything_is_registered(shop: Live) -> None:
    (shop.folder / "src" / "env.yml").write_text("name: mine\ndependencies:\n- pip:\n  - six==1.16.99\n")
    file = file_with(shop, "unsatisfiable", "score.py", "score.py\n  condaFile: env.yml")
    before = (shop.document("model", "list"), shop.document("release", "list"))
    done = shop.shipway("release", file)
    searched = done.stderr.splitlines()[0]
    said, *mending = without_progress(done.stderr).splitlines()
    reason = said.removeprefix("shipway: error: ")
    assert searched.endswith(" s  looking for the smallest change that mends the environment, for 120 s at most")
    assert reason.startswith("environment 'mine' cannot be resolved for Python 3.")
    assert "Because there is no version of six==1.16.99 and you require six==1.16.99" in reason
    assert mending[0] == "  these changes would mend it; --relax (SHIPWAY_RELAX=1 for a script) accepts them:"
    assert mending[1] == "  - six==1.16.99"
    assert mending[2].startswith("  + six==1.16.0  # ")
    assert (shop.document("model", "list"), shop.document("release", "list")) == before


def test_relaxed_pins_are_listed_with_their_reason_wherever_the_release_is(shop: Live) -> None:
    (shop.folder / "src" / "env.yml").write_text("name: mine\ndependencies:\n- pip:\n  - six==1.16.99\n")
    path = shop.folder / file_with(shop, "relaxed", "score.py", "score.py\n  condaFile: env.yml")
    path.write_text(path.read_text().replace("service: adder", "service: relaxed"))
    done = shop.shipway("release", path.name, "--id", "relaxed", "--relax")
    assert done.returncode == 0, done.stderr
    change = "six==1.16.99 became six==1.16.0: "
    (promoted,) = shop.document("service", "history", "-n", "relaxed")
    (told,) = shop.document("release", "show", "relaxed")["environment"]
    assert promoted["reason"].startswith(change)
    assert told.startswith(change)
    assert shop.shipway("service", "delete", "-n", "relaxed").returncode == 0


def test_an_import_that_the_environment_lacks_is_refused_before_anything_is_registered(shop: Live) -> None:
    file = file_with(shop, "lacking", "entryScript: score.py", "entryScript: lacking.py")
    (shop.folder / "src" / "lacking.py").write_text("import sklearn\ndef init(): ...\ndef run(data): ...\n")
    before = (shop.document("model", "list"), shop.document("release", "list"))
    done = shop.shipway("release", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "shipway: error: lacking.py:1: sklearn is not in the environment: add scikit-learn to it",
        "  --relax looks for packages that bring what is missing, and adds them",
    ]
    assert (shop.document("model", "list"), shop.document("release", "list")) == before


@pytest.mark.parametrize(
    ("name", "needs", "reason"),
    [
        (
            "network",
            "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
            "ConnectionRefusedError: [Errno 111] Connection refused",
        ),
        ("gpu", "raise RuntimeError('Found no NVIDIA driver')", "RuntimeError: Found no NVIDIA driver"),
    ],
)
def test_a_script_that_needs_what_is_not_there_ends_with_its_own_reason(
    shop: Live, name: str, needs: str, reason: str
) -> None:
    file = file_with(shop, name, "entryScript: score.py", f"entryScript: {name}.py")
    (shop.folder / "src" / f"{name}.py").write_text(f"def init():\n    {needs}\ndef run(data): ...\n")
    end = ending(shop, "release", file, "--id", name)
    assert (end["phase"], end["reason"].endswith(f" has failed: init() failed: {reason}")) == ("refused", True)
    log = shop.document("release", "show", name)["log"]
    assert f"    {reason}\n" in Path(log).read_text()


def test_a_star_import_that_brings_no_init_ends_at_the_smoke_test(shop: Live) -> None:
    file = file_with(shop, "star", "entryScript: score.py", "entryScript: star.py")
    (shop.folder / "src" / "star.py").write_text("from json import *\n")
    end = ending(shop, "release", file, "--id", "star")
    assert end["phase"] == "refused"
    assert end["reason"].startswith("smoke test: start failed: ")
    assert end["reason"].endswith("/src/star.py does not define a function init().")


def test_a_release_that_has_ended_is_only_told_again(shop: Live) -> None:
    before = shop.document("service", "history", "-n", "adder")
    done = shop.shipway("release", "resume", "first")
    assert done.returncode == 0
    assert f"champion     {revision_id_of('first')}" in done.stdout
    assert shop.document("service", "history", "-n", "adder") == before


def test_there_is_nothing_to_go_back_to_from_the_first_revision(shop: Live) -> None:
    assert refusal(shop, "service", "rollback", "-n", "adder") == (
        f"service adder has no revision before {revision_id_of('first')} to go back to; "
        "release an older model, or `shipway service delete -n adder`"
    )


def test_a_model_that_serves_is_not_deleted(shop: Live) -> None:
    assert refusal(shop, "model", "delete", "-i", "offset:1") == (
        f"model offset:1 is in use by service adder (revision {revision_id_of('first')}); "
        "delete what uses it first, such as with `shipway service delete -n adder`"
    )


def test_a_port_that_is_taken_while_the_release_lies_still_is_refused_when_it_deploys(shop: Live) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    file = file_with(shop, "port", "{computeType: local}", f"{{computeType: local, port: {port}}}")
    killed = shop.shipway("release", file, "--id", "port", **{VARIABLE: f"{Step.CHOOSE}/{Boundary.AFTER_OUTCOME}"})
    assert killed.returncode == -9
    with socket.create_server(("127.0.0.1", port)):
        end = ending(shop, "release", "resume", "port")
    assert end["phase"] == "rolled_back"
    assert end["reason"].startswith(f"port {port} of service adder is held by ")


def test_a_foreign_process_on_the_recorded_port_is_named_by_up(shop: Live) -> None:
    """The last of the file: it stops the service."""
    (service,) = shop.document("service", "list")
    port = int(service["scoring_uri"].split(":")[2].partition("/")[0])
    assert shop.shipway("down", "--all").returncode == 0
    with socket.create_server(("127.0.0.1", port)):
        done = shop.shipway("up")
        assert done.returncode == 1
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("shipway: service adder: ")]
        assert line.startswith(f"shipway: service adder: port {port} of service adder is held by ")
        assert "Traceback" not in done.stderr
        assert shop.processes()["envoy"] == []
