"""Drives one release without Prefect, on the fake target: the story that flows/release.py tells, for quick tests.

As a program (`python -m tests.unit.release.driver FOLDER RELEASE_ID`) it can be killed at any failpoint.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from shipway.domain.environment import Environment, InferenceConfig
from shipway.domain.image import Image, ImageConfig, ImageSpec
from shipway.domain.release import (
    LatencyLimit,
    Limits,
    LoadPlan,
    ModelSource,
    ReleaseConfig,
    ReleasePhase,
    SmokePlan,
    TrafficStep,
    VerificationConfig,
    revision_id_of,
)
from shipway.domain.service import DeploymentConfig, GatewayConfig
from shipway.image.container.settings import Origin
from shipway.machine.state import MachineState
from shipway.release import acts, promote, trial
from shipway.release.inputs import keep_inputs
from shipway.release.outcomes import Ending
from shipway.release.roll_back import conclude_promoted, ending_of, roll_back
from shipway.release.run import ReleaseRun, Tools, hold
from shipway.store.workspace import Workspace, open_workspace
from shipway.testing.fake_target import FakeTarget

AT = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
GOLDEN = '{"request": {"data": [1]}, "expected": [1]}\n'


@dataclass(frozen=True)
class Bench:
    """A folder with a workspace, a fake target and what to release; all of it survives the process."""

    folder: Path

    @property
    def workspace(self) -> Workspace:
        return open_workspace(self.folder / "ws", create=True)

    @property
    def target(self) -> FakeTarget:
        """Revisions are told to answer at the address in the file `address`, where a test runs a server."""
        address = (self.folder / "address").read_text() if (self.folder / "address").exists() else "127.0.0.1:9"
        return FakeTarget(self.folder / "services", address=address)

    @property
    def trials(self) -> FakeTarget:
        return FakeTarget(self.folder / "trials", address=self.target.address)

    @property
    def tools(self) -> Tools:
        return Tools(load_target=self._load, build_image=self._build, image_stands=lambda _image, _machine: True)

    def keep(self, release_id: str, *, model: str = "one", **changes: object) -> None:
        """Keeps the inputs of a release of service `digits` whose model file says `model`."""
        keep_inputs(
            replace(self.config(model), **changes),  # type: ignore[arg-type]
            release_id=release_id,
            requested_by="ada",
            now=AT,
            workspace=self.workspace,
        )

    def released(self, *models: str) -> list[str]:
        """The revisions of releases of these models, one promoted after the other."""
        for model in models:
            self.keep(f"rel-{model}", model=model)
            assert self.release(f"rel-{model}").phase is ReleasePhase.PROMOTED
        return [revision_id_of(f"rel-{model}") for model in models]

    def release(self, release_id: str) -> Ending:
        with hold(self.workspace, release_id, tools=self.tools) as run:
            return tell(run)

    def _load(self, _kind: str, state: MachineState) -> FakeTarget:
        return self.trials if state.root.name == "trials" else self.target

    def _build(
        self,
        spec: ImageSpec,
        config: ImageConfig,
        kind: str,
        workspace: Workspace,
        state: MachineState,
        *,
        origin: Origin,
    ) -> Image:
        labels: Mapping[str, str] = {model.id: model.digest for model in spec.models}
        digest = spec.models[0].digest
        return Image(
            kind=kind, digest=digest, location=str(self.folder), interpreter="python", labels=labels, size_bytes=1
        )

    def config(self, model: str) -> ReleaseConfig:
        folder = self.folder / "assets"
        (folder / "src").mkdir(parents=True, exist_ok=True)
        (folder / "src" / "score.py").write_text("def init(): ...\ndef run(data): ...\n")
        (folder / "model.bin").write_text(model)
        (folder / "golden.jsonl").write_text(GOLDEN)
        return ReleaseConfig(
            service="digits",
            models=(ModelSource(name="digits", path=str(folder / "model.bin")),),
            inference=InferenceConfig(
                entry_script="score.py", source_directory=str(folder / "src"), environment=Environment(name="digits")
            ),
            deployment=DeploymentConfig(),
            targets=("process",),
            verification=VerificationConfig(
                golden=str(folder / "golden.jsonl"),
                smoke=SmokePlan(load_s=0.1),
                load=LoadPlan(requests=20),
                limits=Limits(latency_p95=LatencyLimit(floor_ms=5000)),  # whatever else the machine does
            ),
            traffic=(TrafficStep(weight=10, bake_s=1), TrafficStep(weight=50, bake_s=1)),
            gateway=GatewayConfig(),
        )


def tell(run: ReleaseRun) -> Ending:
    """As flows/release.py does."""
    if run.state().phase.ended:
        return ending_of(run)
    try:
        reason = _bring_into_service(run)
    except Exception as error:
        reason = str(error)
    return roll_back(run, reason) if reason else conclude_promoted(run)


def _bring_into_service(run: ReleaseRun) -> str:
    registered = acts.register(run)
    image = acts.build(run, registered)
    smoke = trial.smoke_test(run, image)
    if not smoke.verdict.passed:
        return f"smoke test: {smoke.verdict.reason}"
    choice = acts.choose(run)
    deployed = acts.deploy(run, image, choice)
    verified = promote.verify_service(run, deployed)
    if not verified.verdict.passed:
        return f"verification: {verified.verdict.reason}"
    promotion = promote.promote_service(run, registered, image, deployed, sleep=lambda _: None)
    return "" if promotion.promoted else f"promotion: {promotion.verdict.reason}"


if __name__ == "__main__":
    sys.stdout.write(Bench(Path(sys.argv[1])).release(sys.argv[2]).phase)
