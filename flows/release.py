"""The release: register -> build -> smoke test -> choose target -> deploy -> verify -> promote, or roll back.

Two ways in: `release` reads a release file, for Prefect's form and its schedules; `go_on` takes a release that is kept,
for `shipway release` and the reconciliation. Both are called `release` in Prefect.
"""

import getpass
import os
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal

from shipway.domain.release import ReleasePhase
from shipway.errors import ShipwayError
from shipway.flows.cancellation import noticing_cancellation, why_cancelled
from shipway.flows.flow_run import asked_by, call, tag, take_over, this_run
from shipway.flows.outcome import final_state, planned_state, refused_state, skipped_state, stopped_state
from shipway.flows.parameters import AS_THE_FILE_SAYS, Day, ReleaseFile, TargetName, WorkspaceUrl
from shipway.flows.schedule import overtaken
from shipway.machine.state import machine_state
from shipway.release.begin import FileAsked, keep, prepare
from shipway.release.inputs import forget_unbegun, is_begun, is_kept
from shipway.release.log import logging_to_file
from shipway.release.outcomes import Ending
from shipway.release.roll_back import conclude_promoted, ending_of
from shipway.release.run import ReleaseRef, ReleaseRun, hold, utc_now
from shipway.release.warm import warming
from shipway.store.workspace import Workspace, open_workspace
from shipway.tasks.build_image import build_image
from shipway.tasks.choose_target import choose_target
from shipway.tasks.deploy_service import deploy_service
from shipway.tasks.promote_service import promote_service
from shipway.tasks.register_model import register_model
from shipway.tasks.roll_back_service import roll_back_service
from shipway.tasks.smoke_test import smoke_test
from shipway.tasks.verify_service import verify_service


@flow(name="release", flow_run_name="release {file}")
def release(  # noqa: PLR0913 - each is a field of Prefect's form
    file: ReleaseFile,
    target: TargetName = AS_THE_FILE_SAYS,
    notes: str = "",
    as_of: Day = "",
    relax: bool = False,
    dry_run: bool = False,
    *,
    workspace: WorkspaceUrl,
) -> State[Any]:
    """Registers the model, builds and tries its image, deploys it beside what runs, verifies it, and promotes it or
    rolls it back.

    Args:
        file: The release file. An absolute path, or one from the folder that holds the workspace.
        target: Where to run it. The release file names candidates; another one here takes their place.
        notes: Why. They stand in the service's ledger; empty keeps those of the release file.
        as_of: The day (2021-03-01) whose versions packages without one get. Empty leaves it to the file and the asset.
        relax: Accept that pins which do not resolve any more are mended, as the plan proposes.
        dry_run: Only check the release and show its plan. Nothing is kept or changed.
        workspace: Where releases are kept, as a URL. Set by `shipway up --worker`; leave it as it is.
    """
    if why := overtaken(utc_now()):
        return skipped_state(why)
    opened, release_id = open_workspace(workspace), f"run-{this_run().id.hex[-12:]}"
    kind = None if target == AS_THE_FILE_SAYS else target
    asked = FileAsked(file=_from_folder(file), target=kind, notes=notes or None, as_of=as_of or None, relax=relax)
    try:
        if not is_kept(opened, release_id):
            prepared = prepare(asked, opened, machine_state(opened.url))
            if dry_run:
                return planned_state(prepared.plan)
            now, user = utc_now(), asked_by(getpass.getuser())
            keep(prepared, opened, release_id=release_id, requested_by=user, now=now)
        return _carry_out(opened, release_id)
    except ShipwayError as error:
        return stopped_state(error, release_id) if is_begun(opened, release_id) else refused_state(error)
    finally:
        forget_unbegun(opened, release_id, now=utc_now())


@flow(name="release", flow_run_name="release {release_id} of {service}")
def go_on(workspace: str, release_id: str, service: str, undo: str = "") -> State[Any]:
    """Brings one kept release into service, or back out of it.

    The same id again goes on where the journal stands: steps that are done are read back, a release that is on its way
    back goes on going back, and one that has ended is only told again.

    Args:
        workspace: Where the release is kept, as a URL
        release_id: Which release
        service: The service that it is for; the name of the run says it
        undo: Why it is to be undone, whatever it has come to; empty to go on with it
    """
    del service
    return _carry_out(open_workspace(workspace), release_id, undo)


def _carry_out(workspace: Workspace, release_id: str, undo: str = "") -> State[Any]:
    with hold(workspace, release_id) as run, logging_to_file(run.machine, release_id):
        take_over(workspace, release_id)
        call(f"release {release_id} of {run.ref.service}")
        tag(f"svc:{run.ref.service}")
        ending = _ending(run, undo)
        tag(ending.phase.value)
        return final_state(run, ending, cancelled=_was_cancelled(ending))


def _was_cancelled(ending: Ending) -> bool:
    """After the promotion it is too late for that."""
    return ending.phase is not ReleasePhase.PROMOTED and bool(why_cancelled(this_run().id))


def _ending(run: ReleaseRun, undo: str) -> Ending:
    if run.state().phase.ended:
        return ending_of(run)
    reason = undo or _bring_into_service(run)
    if not reason:
        return conclude_promoted(run)
    try:
        return roll_back_service(run.ref, reason)
    except TerminationSignal:
        if not why_cancelled(this_run().id):
            raise
        return roll_back_service(run.ref, reason)  # who cancels a release that goes back wants just that


def _bring_into_service(run: ReleaseRun) -> str:
    """Why it has to go back, or nothing when it went all the way.

    Raises TerminationSignal for one that is no cancellation: the release then stands where it is, for somebody to go on
    with.
    """
    try:
        with noticing_cancellation(), warming(needed=run.inputs.verification.suite is not None):
            return _story(run.ref)
    except TerminationSignal:
        if why := why_cancelled(this_run().id):
            return why
        raise
    except Exception as error:
        return str(error) or type(error).__name__


def _story(ref: ReleaseRef) -> str:
    """Why it stopped, or nothing when it went all the way."""
    registered = register_model(ref)
    image = build_image(ref, registered)
    smoke = smoke_test(ref, image)
    if not smoke.verdict.passed:
        return f"smoke test: {smoke.verdict.reason}"
    choice = choose_target(ref, smoke)
    tag(f"target:{choice.target}")
    deployed = deploy_service(ref, image, choice)
    verified = verify_service(ref, deployed)
    if not verified.verdict.passed:
        return f"verification: {verified.verdict.reason}"
    promotion = promote_service(ref, registered, image, deployed, verified)
    return "" if promotion.promoted else f"promotion: {promotion.verdict.reason}"


def _from_folder(file: str) -> Path:
    """Prefect starts the process of a run in an empty folder of its own."""
    return Path(os.environ.get("SHIPWAY_FOLDER", ".")).absolute() / file
