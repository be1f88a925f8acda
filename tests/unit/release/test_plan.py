"""What is decided before the first side effect."""

from dataclasses import replace
from pathlib import Path

import pytest

from shipway.domain.environment import Environment
from shipway.domain.image import ImageConfig
from shipway.domain.release import ReleaseConfig, ReleaseKind
from shipway.domain.service import DeploymentConfig, Resources
from shipway.errors import ConfigError
from shipway.release.plan import Abilities, Ability, candidates, image_kind_of, plan
from shipway.release.steps import Step
from tests.unit.release.driver import Bench

PLAIN = Environment(name="digits")
ABSENT = "no Docker Engine answers at unix:///var/run/docker.sock; start it"
BOTH: Abilities = {"process": Ability(splits_traffic=True), "docker": Ability(splits_traffic=True)}
DOCKER_AWAY: Abilities = {**BOTH, "docker": Ability(splits_traffic=True, away=ABSENT)}


@pytest.fixture
def config(tmp_path: Path) -> ReleaseConfig:
    return Bench(tmp_path).config("one")


def test_the_first_candidate_that_fits_is_the_choice(config: ReleaseConfig) -> None:
    wanted = replace(config, targets=("docker", "process"))
    assert plan(wanted, champion=None, abilities=BOTH).choice == "docker"


def test_a_target_whose_engine_is_absent_is_passed_over_and_said(config: ReleaseConfig) -> None:
    planned = plan(replace(config, targets=("docker", "process")), champion=None, abilities=DOCKER_AWAY)
    assert planned.choice == "process"
    assert planned.candidates[0].faults == (ABSENT,)
    assert planned.candidates[0].away


def test_a_release_whose_only_target_is_away_is_refused_with_the_remedy(config: ReleaseConfig) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(replace(config, targets=("docker",)), champion=None, abilities=DOCKER_AWAY)
    assert str(caught.value) == f"targets: no candidate can take this release: docker: {ABSENT}"


def test_what_will_never_fit_is_not_only_away() -> None:
    environment = Environment(name="digits", conda_packages=("gdal",))
    away = {**BOTH, "process": Ability(splits_traffic=True, away=ABSENT)}
    (found,) = candidates(["process"], environment, away)
    assert found.faults[0].startswith("environment 'digits': the process target has no conda, and only conda has gdal")
    assert found.faults[1:] == (ABSENT,)
    assert not found.away


@pytest.mark.parametrize("kind", ["aci", "aks", "aksendpoint"])
def test_a_target_in_the_cloud_is_planned_and_then_refused(config: ReleaseConfig, kind: str) -> None:
    wanted = replace(config, targets=(kind,), deployment=DeploymentConfig(compute_type=kind, compute_target="mine"))
    planned = plan(wanted, champion=None, abilities={})
    assert planned.choice == kind
    assert planned.refusal == (
        f"target {kind} is not there yet: nothing was registered or deployed; --target docker runs the same assets here"
    )


def test_the_plan_for_a_cloud_says_what_would_be_asked_for(config: ReleaseConfig) -> None:
    given = DeploymentConfig(compute_type="aks", resources=Resources(cpu=2), compute_target="mine", gpu_cores=1)
    steps = plan(replace(config, targets=("aks",), deployment=given), champion=None, abilities={}).steps
    assert {step.step: step.what for step in steps}[Step.DEPLOY] == (
        "a new revision beside nothing, without traffic; aks: 2 cores, 0.5 GB, 1 GPU, 1 to 10 replicas, keys, "
        "cluster mine"
    )


def test_a_local_target_after_one_in_the_cloud_is_taken(config: ReleaseConfig) -> None:
    planned = plan(replace(config, targets=("aci", "docker")), champion=None, abilities=BOTH)
    assert (planned.choice, planned.refusal) == ("docker", "")
    assert planned.candidates[0].faults == ("target aci is not there yet",)


def test_the_plan_says_what_is_verified_without_golden_rows(config: ReleaseConfig) -> None:
    wanted = replace(config, verification=replace(config.verification, golden=None))
    steps = {step.step: step.what for step in plan(wanted, champion="r1", abilities=BOTH).steps}
    assert steps[Step.SMOKE] == (
        "run it alone: healthy, the sample of its swagger, if it shows one, answered with 200, memory after "
        "0.1 s of load"
    )
    assert steps[Step.VERIFY] == (
        "healthy, by the same process; the sample of its swagger, if it shows one: errors, latency, agreement with r1; "
        "there are no golden rows (verification/golden, --golden)"
    )


def test_the_plan_of_a_reload_says_that_it_has_no_bake(config: ReleaseConfig) -> None:
    planned = plan(replace(config, kind=ReleaseKind.RELOAD), champion="r1", abilities=BOTH)
    assert planned.steps[-1].what == "traffic 100 % at once: a reload has no bake"


def test_a_suite_without_golden_rows_has_nothing_to_judge(config: ReleaseConfig) -> None:
    wanted = replace(config, verification=replace(config.verification, golden=None, suite="/suite.json"))
    with pytest.raises(ConfigError) as caught:
        plan(wanted, champion=None, abilities=BOTH)
    assert str(caught.value) == (
        "verification/suite: judges the answers to golden rows, and there are none: name them in verification/golden"
    )


def test_once_an_image_is_built_targets_of_another_kind_are_out() -> None:
    found = candidates(["docker", "process"], PLAIN, BOTH, image_kind="process")
    assert found[0].faults == ("runs images of kind docker, and this release has built one of kind process",)
    assert found[1].faults == ()


def test_a_service_stays_on_the_target_that_its_champion_is_on(config: ReleaseConfig) -> None:
    both = plan(replace(config, targets=("docker", "process")), champion="r1", abilities=BOTH, served_by="process")
    assert both.choice == "process"
    with pytest.raises(ConfigError) as caught:
        plan(replace(config, targets=("docker",)), champion="r1", abilities=BOTH, served_by="process")
    assert str(caught.value) == (
        "targets: no candidate can take this release: docker: the service is in service on process: release there, "
        "or delete it first"
    )


@pytest.mark.parametrize(("target", "kind"), [("process", "process"), ("docker", "docker"), ("aks", "docker")])
def test_every_target_but_process_runs_container_images(target: str, kind: str) -> None:
    assert image_kind_of(target) == kind


def test_the_plan_says_where_the_image_is_pushed(config: ReleaseConfig) -> None:
    wanted = replace(config, image=ImageConfig(registry="registry.example/team"))
    steps = {step.step: step.what for step in plan(wanted, champion=None, abilities=BOTH).steps}
    assert steps[Step.BUILD] == "score.py with 0 packages, pushed to registry.example/team"
