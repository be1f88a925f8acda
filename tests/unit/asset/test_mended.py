"""What mending proposes, told before anything is built; and a search that ends when it must."""

from pathlib import Path

from shipway.asset.finding import Severity
from shipway.asset.imports import Provided
from shipway.asset.mended import accepted, broken_together, refused
from shipway.asset.search import propose_in_time
from shipway.domain.environment import Environment, PinChange
from shipway.image.packages.lock import Lock, PythonThere
from shipway.image.packages.mending import NoProposal, Proposal
from shipway.image.uv import NothingSatisfies
from shipway.machine.state import MachineState
from tests.unit.asset.conftest import imported

PROPOSAL = Proposal(changes=(PinChange(before="numpy==1.15.0", after="numpy==1.17.3", reason="no wheel"),))
ERROR = NothingSatisfies("it cannot be resolved", "No solution found")
THERE = PythonThere(version="3.11.7")


def test_a_refusal_shows_what_would_help_as_a_diff() -> None:
    finding = refused(ERROR, PROPOSAL)
    assert (finding.severity, finding.message) == (Severity.FAULT, "it cannot be resolved")
    assert finding.details == (
        "with --relax, which accepts these changes, it does:",
        "- numpy==1.15.0",
        "+ numpy==1.17.3  # no wheel",
    )
    plain = refused(ERROR, NoProposal(why="nothing helps", tried=("a", "b")))
    assert plain.details == ("no change of pins is proposed: nothing helps",)


def test_what_was_accepted_is_a_difference() -> None:
    finding = accepted(PROPOSAL)
    assert finding.severity is Severity.DIFFERENCE
    assert finding.details == ("- numpy==1.15.0", "+ numpy==1.17.3  # no wheel")


def test_packages_that_are_known_to_break_each_other_are_a_fault_where_the_script_imports_them(
    offered: Provided,
) -> None:
    environment = Environment(name="e", requirements=("scikit-learn==1.2.2",))
    lock = Lock(text="numpy==2.2.0\nscikit-learn==1.2.2\n", private="")
    (fault,) = broken_together(environment, lock, THERE, imported("sklearn.svm"), offered)
    assert fault.severity is Severity.FAULT
    assert fault.message.startswith("known not to work as resolved: scikit-learn below 1.3 ")
    assert fault.details[0].startswith("+ numpy<2  # ")
    (difference,) = broken_together(environment, lock, THERE, imported("json"), offered)
    assert difference.severity is Severity.DIFFERENCE
    (later,) = broken_together(environment, lock, THERE, imported("sklearn", function="explain"), offered)
    assert later.severity is Severity.DIFFERENCE
    good = Lock(text="numpy==1.26.0\nscikit-learn==1.2.2\n", private="")
    assert list(broken_together(environment, good, THERE, imported("sklearn"), offered)) == []


def test_a_search_ends_in_time(tmp_path: Path) -> None:
    environment = Environment(name="e", requirements=("--no-index", "nothing==1"))
    found = propose_in_time(environment, THERE, ERROR, MachineState(tmp_path), seconds=0.0)
    assert found == NoProposal(why="none was found in 0 s; a release with --relax looks for longer")


def test_a_search_that_finds_nothing_says_why(tmp_path: Path) -> None:
    environment = Environment(name="e", user_managed=True)
    found = propose_in_time(environment, THERE, ERROR, MachineState(tmp_path))
    assert found == NoProposal(why="the author manages the packages of this environment: they are the base image's")
