"""v1's own assets, updates and reloads as releases, on the fake target."""

from dataclasses import replace
from pathlib import Path

import pytest

from shipway.domain.image import ImageConfig
from shipway.domain.release import Details, ModelSource, ReleaseConfig, ReleaseKind, ReleasePhase, SmokePlan
from shipway.domain.service import DeploymentConfig
from shipway.errors import ConfigError, ModelNotFound, ReleaseError, ReleaseNotFound, ServiceNotFound
from shipway.machine.state import machine_state
from shipway.registry.models import Registry
from shipway.release.asked import ReloadAsked, UpdateAsked, V1Asked
from shipway.release.background import background_log
from shipway.release.begin import keep, prepare, read_asked
from shipway.release.details import details_of
from shipway.release.inputs import is_kept, keep_inputs, read_inputs
from tests.unit.release.driver import AT, Bench
from tests.unit.verification.little_server import little_server

INFERENCE = {"entryScript": "score.py", "sourceDirectory": "src"}


@pytest.fixture
def assets(bench: Bench) -> Path:
    """What the bench releases: src/score.py, model.bin, golden.jsonl."""
    bench.config("one")
    return bench.folder / "assets"


def deployed(bench: Bench, release_id: str, asked: V1Asked | UpdateAsked | ReloadAsked) -> ReleaseConfig:
    """Promoted as it was asked for, on the fake target in the place of docker."""
    config = replace(read_asked(asked, bench.workspace).value, targets=("process",))
    config = replace(config, verification=replace(config.verification, smoke=SmokePlan(load_s=0.1)))
    keep_inputs(config, release_id=release_id, requested_by="ada", now=AT, workspace=bench.workspace)
    ending = bench.release(release_id)
    assert ending.phase is ReleasePhase.PROMOTED, ending.reason
    return config


def asked_for(assets: Path, **more: object) -> V1Asked:
    given = {
        "service": "digits",
        "models": ("model.bin",),
        "inference": INFERENCE,
        "working_directory": assets,
        "golden": assets / "golden.jsonl",
        **more,
    }
    return V1Asked(**given)  # type: ignore[arg-type]


def in_service(bench: Bench) -> list[str]:
    return [model for revision in bench.target.find("digits").revisions for model in revision.models]  # type: ignore[union-attr]


def test_assets_become_a_release_that_tries_containers_first(bench: Bench, assets: Path) -> None:
    loaded = read_asked(asked_for(assets, deployment={"computeType": "local", "port": 6789}), bench.workspace)
    config = loaded.value
    assert config.models == (ModelSource(name="model.bin", path=str(assets / "model.bin")),)
    assert (config.targets, config.deployment.port) == (("docker", "process"), 6789)
    assert config.inference.source_directory == str(assets / "src")
    assert f"{assets / 'model.bin'}: becomes a new version of model model.bin" in loaded.warnings


def test_a_kind_of_shipway_wins_over_the_compute_type(bench: Bench, assets: Path) -> None:
    asked = asked_for(assets, deployment={"computeType": "ACI"}, target="process")
    assert read_asked(asked, bench.workspace).value.targets == ("process",)


def test_a_name_that_is_no_target_of_shipway_is_an_aks_cluster(bench: Bench, assets: Path) -> None:
    config = read_asked(asked_for(assets, target="myaks"), bench.workspace).value
    assert (config.targets, config.deployment) == (
        ("aks",),
        DeploymentConfig(compute_type="aks", compute_target="myaks"),
    )


def test_without_a_config_and_a_target_a_service_is_local(bench: Bench, assets: Path) -> None:
    config = read_asked(asked_for(assets), bench.workspace).value
    assert (config.targets, config.deployment) == (("docker", "process"), DeploymentConfig(compute_type="local"))


def test_a_cluster_for_a_local_config_is_refused(bench: Bench, assets: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read_asked(asked_for(assets, target="myaks", deployment={"computeType": "local"}), bench.workspace)
    assert str(error.value) == (
        "target 'myaks' is none of Shipway's (docker, process), so it would be an AKS cluster, and the deployment "
        "config is for local: leave the target out, or name one of Shipway's"
    )


def test_a_text_is_a_models_id_first_and_then_a_path(bench: Bench, assets: Path) -> None:
    Registry(bench.workspace).register_path(assets / "model.bin", name="model.bin", now=AT)
    config = read_asked(asked_for(assets), bench.workspace).value
    assert config.models == (ModelSource(name="model.bin", version=1),)


def test_a_model_that_is_neither_is_said_to_be_no_model(bench: Bench, assets: Path) -> None:
    with pytest.raises(ModelNotFound, match="ModelNotFound"):
        read_asked(asked_for(assets, models=("nothing:1",)), bench.workspace)


def test_a_service_that_is_there_is_only_replaced_when_that_is_said(bench: Bench, assets: Path) -> None:
    (one,) = bench.released("one")
    with pytest.raises(ConfigError) as error:
        read_asked(asked_for(assets), bench.workspace)
    assert str(error.value) == (
        f"service digits exists already (revision {one} with digits:1 on process): say --overwrite (overwrite=True) to "
        "release these assets in its place, or give another name"
    )
    assert read_asked(asked_for(assets, overwrite=True), bench.workspace).value.service == "digits"


def test_an_update_of_the_model_keeps_the_script_and_everything_else(bench: Bench, assets: Path) -> None:
    bench.released("one")
    (assets / "src" / "score.py").write_text("this is not Python any more")
    second = assets / "second.bin"
    second.write_text("two")
    Registry(bench.workspace).register_path(second, name="digits", now=AT)
    deployed(bench, "upd", UpdateAsked(service="digits", models=("digits:2",), working_directory=assets))
    before, after = (read_inputs(bench.workspace, name) for name in ("rel-one", "upd"))
    assert (after.code, after.verification.golden) == (before.code, before.verification.golden)
    assert (after.kind, in_service(bench)) == (ReleaseKind.UPDATE, ["digits:1", "digits:2"])


def test_an_update_of_the_script_keeps_the_very_version_that_serves(bench: Bench, assets: Path) -> None:
    bench.released("one")
    Registry(bench.workspace).register_path(assets / "golden.jsonl", name="digits", now=AT)
    asked = UpdateAsked(service="digits", inference=INFERENCE, working_directory=assets)
    assert read_asked(asked, bench.workspace).value.models == (ModelSource(name="digits", version=1),)


def test_an_update_of_nothing_is_refused(bench: Bench, assets: Path) -> None:
    bench.released("one")
    with pytest.raises(ConfigError) as error:
        read_asked(UpdateAsked(service="digits", working_directory=assets), bench.workspace)
    assert str(error.value) == (
        "service digits: no parameters: nothing is to be updated; give models, an inference config, a deployment "
        "config, or golden rows"
    )


def test_an_update_of_a_service_that_there_is_not_names_those_there_are(bench: Bench, assets: Path) -> None:
    bench.released("one")
    with pytest.raises(ServiceNotFound) as error:
        read_asked(UpdateAsked(service="digts", models=("digits:1",), working_directory=assets), bench.workspace)
    assert str(error.value) == (
        f"WebserviceNotFound: no service 'digts' is in service in {bench.workspace.url}; services: digits; "
        "deploy it first"
    )


def test_a_reload_reads_the_script_again_and_has_no_bake(bench: Bench, assets: Path) -> None:
    deployed(bench, "dep", asked_for(assets))
    (assets / "src" / "score.py").write_text("def init(): ...\ndef run(data): return 2\n")
    config = deployed(bench, "again", ReloadAsked(service="digits"))
    before, after = (read_inputs(bench.workspace, name) for name in ("dep", "again"))
    assert after.code != before.code
    assert (after.models, after.environment, after.traffic) == (after.models, before.environment, before.traffic)
    assert (after.bakes, config.notes) == ((), f"reload: {assets / 'src'} was read again; no bake")
    shares = [call.split(" ")[2] for call in bench.target.calls() if call.startswith("set_traffic")]
    assert all("," not in share for share in shares)


def test_a_reload_of_a_service_whose_folder_is_gone_says_so(bench: Bench, assets: Path) -> None:
    deployed(bench, "dep", asked_for(assets))
    (assets / "src").rename(assets / "elsewhere")
    with pytest.raises(ReleaseError) as error:
        read_asked(ReloadAsked(service="digits"), bench.workspace)
    assert str(error.value) == (
        f"service digits cannot be reloaded: {assets / 'src'}, where its script was read, is not there any more; "
        "update it with an inference config, or reload on the machine that released it"
    )


def test_what_is_said_of_a_service_is_kept_once_it_is_promoted(bench: Bench, assets: Path) -> None:
    said = Details(description="Digits", tags={"team": "a"}, properties={"made": "here"})
    deployed(bench, "dep", asked_for(assets, details=said))
    later = Details(tags={"team": "b"}, properties={"made": "x"})
    deployed(bench, "dep2", asked_for(assets, overwrite=True, details=later))
    assert details_of(bench.workspace, "digits") == replace(said, tags={"team": "b"})


def test_a_path_that_is_not_there_is_told_as_a_path(bench: Bench, assets: Path) -> None:
    with pytest.raises(ModelNotFound) as error:
        read_asked(asked_for(assets, models=("./nothing",)), bench.workspace)
    assert str(error.value) == (
        f"ModelNotFound: ./nothing is no registered model, and no such file: {assets / 'nothing'}; "
        "`shipway model list` shows what there is"
    )


def test_golden_rows_of_before_that_fail_an_update_are_told_as_such(bench: Bench, assets: Path) -> None:
    bench.released("one")
    second = assets / "second.bin"
    second.write_text("two")
    Registry(bench.workspace).register_path(second, name="digits", now=AT)
    asked = UpdateAsked(service="digits", models=("digits:2",), working_directory=assets)
    with little_server(lambda _: (200, "[7]")) as url:
        (bench.folder / "address").write_text(url.removeprefix("http://"))
        config = read_asked(asked, bench.workspace).value
        keep_inputs(config, release_id="upd", requested_by="ada", now=AT, workspace=bench.workspace)
        ending = bench.release("upd")
    assert ending.phase is ReleasePhase.ROLLED_BACK
    assert "if the new answers are right, give new rows with --golden" in ending.reason


def test_an_update_cannot_move_a_service(bench: Bench, assets: Path) -> None:
    bench.released("one")
    with pytest.raises(ConfigError) as error:
        read_asked(
            UpdateAsked(service="digits", deployment={"computeType": "AKS"}, working_directory=assets), bench.workspace
        )
    assert str(error.value) == (
        "service digits is on process, and the deployment config is for aks: an update cannot move a service; deploy "
        "it there under another name"
    )


def test_an_update_that_was_planned_from_another_champion_changes_nothing(bench: Bench, assets: Path) -> None:
    (one,) = bench.released("one")
    config = read_asked(UpdateAsked(service="digits", inference=INFERENCE, working_directory=assets), bench.workspace)
    keep_inputs(config.value, release_id="upd", requested_by="ada", now=AT, workspace=bench.workspace)
    (two,) = bench.released("two")
    ending = bench.release("upd")
    assert (ending.phase, ending.champion) == (ReleasePhase.REFUSED, two)
    assert ending.reason == (
        f"service digits changed since this was planned: revision {one} was in service, and now {two} is; what would "
        f"go on from {one} would undo that: ask for it again"
    )


def test_an_update_is_kept_only_while_what_it_was_planned_from_is_in_service(bench: Bench, assets: Path) -> None:
    bench.released("one")
    asked = UpdateAsked(service="digits", inference=INFERENCE, working_directory=assets)
    prepared = prepare(asked, bench.workspace, machine_state(bench.workspace.url))
    bench.released("two")
    with pytest.raises(ReleaseError, match="changed since this was planned"):
        keep(prepared, bench.workspace, release_id="upd", requested_by="ada", now=AT)
    assert not is_kept(bench.workspace, "upd")


def test_of_two_first_deployments_at_once_the_second_is_told_to_say_overwrite(bench: Bench, assets: Path) -> None:
    config = replace(read_asked(asked_for(assets), bench.workspace).value, targets=("process",))
    keep_inputs(config, release_id="late", requested_by="ada", now=AT, workspace=bench.workspace)
    (one,) = bench.released("one")
    ending = bench.release("late")
    assert (ending.phase, ending.champion) == (ReleasePhase.REFUSED, one)
    assert "say --overwrite (overwrite=True)" in ending.reason
    with pytest.raises(ModelNotFound):
        Registry(bench.workspace).resolve("model.bin")


def test_an_update_to_another_python_leaves_the_interpreter_that_was_chosen_for_the_old_one(
    bench: Bench, assets: Path
) -> None:
    bench.keep("rel-one", image=ImageConfig(python="/opt/python3.6"))
    bench.release("rel-one")
    same = read_asked(UpdateAsked(service="digits", inference=INFERENCE, working_directory=assets), bench.workspace)
    assert same.value.image.python == "/opt/python3.6"
    inference = {**INFERENCE, "environment": {"name": "new", "python": {"condaDependencies": {"dependencies": [
        "python=3.8"]}}}}  # fmt: skip
    other = read_asked(UpdateAsked(service="digits", inference=inference, working_directory=assets), bench.workspace)
    assert (other.value.inference.environment.python, other.value.image.python) == ("3.8", None)


def test_a_release_that_was_given_up_in_the_background_says_why(bench: Bench) -> None:
    log = background_log(machine_state(bench.workspace.url), "late")
    log.write_text("shipway: error: service digits is in the hands of release one\n")
    with pytest.raises(ReleaseNotFound) as error:
        read_inputs(bench.workspace, "late")
    assert str(error.value) == (
        "release late was given up before it began: shipway: error: service digits is in the hands of release one; "
        "ask for it again"
    )
