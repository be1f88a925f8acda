"""What every target must do. A target's test class inherits TargetContract and supplies its fixtures."""

from dataclasses import replace

import pytest

from shipway.domain.image import Image
from shipway.domain.service import (
    NO_TRAFFIC,
    DeploymentConfig,
    GatewayConfig,
    Mirror,
    RevisionSpec,
    ServiceState,
    Traffic,
)
from shipway.errors import FenceLost, ServiceConflict, ServiceNotFound, TargetError
from shipway.targets.base import Mirrors, SplitsTraffic, Target, wait

SERVICE = "digits"
CANARY = "s3cr3t-canary-4711"
"""A secret in the caller's environment: it must show up nowhere."""


def spec_for(image: Image, revision_id: str = "r1", *, fence: int = 1) -> RevisionSpec:
    return RevisionSpec(
        service=SERVICE,
        revision_id=revision_id,
        image=image,
        models=("digits:1",),
        deployment=DeploymentConfig(),
        gateway=GatewayConfig(),
        labels={"release": revision_id},
        fence=fence,
    )


class TargetContract:
    """Fixtures to supply, in the class or in its module:

    target                a fresh one over empty state, which removes at the end what it started
    image                 one that becomes healthy
    occupy                a call gives SERVICE to another kind of target
    kill_while_deploying  a call kills a process between the creation and the return of its deploy
    spoil                 a call makes a revision's native state a word that the target does not know
    running               a call counts the instances of revisions that really run, seen from outside the target
    """

    deadline_s = 20.0

    @pytest.fixture
    def other_image(self, image: Image) -> Image:
        return replace(image, digest="f" * 64)

    def healthy(self, target: Target, revision_id: str = "r1") -> None:
        wait(target, SERVICE, revision_id, until=ServiceState.HEALTHY, deadline_s=self.deadline_s)

    def test_it_is_a_target_of_its_kind(self, target):
        assert isinstance(target, Target)
        assert target.kind

    def test_a_revision_becomes_healthy_with_its_native_word_kept(self, target, image):
        target.deploy(spec_for(image))
        self.healthy(target)
        revision = target.find(SERVICE).revision("r1")
        assert revision.status.native
        assert revision.image_digest == image.digest
        assert revision.models == ("digits:1",)
        assert revision.labels == {"release": "r1"}
        assert revision.address.count(":") == 1

    def test_deploying_twice_is_one_service_with_one_revision(self, target, image, running):
        target.deploy(spec_for(image))
        address = target.find(SERVICE).revision("r1").address
        self.healthy(target)
        service = target.deploy(spec_for(image))
        assert [each.revision_id for each in service.revisions] == ["r1"]
        assert service.revisions[0].address == address
        assert [each.name for each in target.list()] == [SERVICE]
        assert running() == 1

    def test_a_second_revision_stands_beside_the_first_without_traffic(self, target, image):
        target.deploy(spec_for(image, "r1"))
        if isinstance(target, SplitsTraffic):
            target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
        service = target.deploy(spec_for(image, "r2"))
        assert sorted(each.revision_id for each in service.revisions) == ["r1", "r2"]
        assert service.traffic.weight_of("r2") == 0

    def test_a_revision_never_changes_its_image(self, target, image, other_image):
        target.deploy(spec_for(image))
        with pytest.raises(ServiceConflict, match="revision r1 of service digits exists already with image"):
            target.deploy(spec_for(other_image))

    def test_a_name_that_belongs_to_another_kind_is_refused(self, target, image, occupy):
        occupy()
        with pytest.raises(ServiceConflict, match="service digits exists already on the target 'other'"):
            target.deploy(spec_for(image))
        assert target.find(SERVICE) is None
        assert target.list() == ()
        with pytest.raises(ServiceConflict, match="service digits exists already on the target 'other'"):
            target.delete(SERVICE, fence=1)
        target.delete_revision(SERVICE, "r1", fence=1)  # what is not there can be taken back

    def test_what_does_not_exist_is_absent_and_deleting_it_is_fine(self, target):
        assert target.find(SERVICE) is None
        assert target.list() == ()
        assert target.status(SERVICE).state is ServiceState.ABSENT
        target.delete(SERVICE, fence=1)
        target.delete_revision(SERVICE, "r1", fence=1)
        with pytest.raises(ServiceNotFound, match="WebserviceNotFound: service digits does not exist"):
            target.logs(SERVICE)

    def test_deleting_twice_is_fine_and_leaves_nothing(self, target, image, running):
        target.deploy(spec_for(image))
        target.delete(SERVICE, fence=1)
        assert running() == 0
        target.delete(SERVICE, fence=1)
        assert target.find(SERVICE) is None
        assert target.list() == ()

    def test_a_revision_is_deleted_and_its_neighbour_stays(self, target, image, running):
        target.deploy(spec_for(image, "r1"))
        target.deploy(spec_for(image, "r2"))
        target.delete_revision(SERVICE, "r1", fence=1)
        target.delete_revision(SERVICE, "r1", fence=1)
        assert [each.revision_id for each in target.find(SERVICE).revisions] == ["r2"]
        assert running() == 1

    def test_a_lower_fence_is_refused_by_every_act_and_changes_nothing(self, target, image):
        target.deploy(spec_for(image, fence=5))
        before = target.find(SERVICE).traffic
        with pytest.raises(FenceLost, match="service digits has been taken over: this act has fence 4, and 5 has been"):
            target.deploy(spec_for(image, "r2", fence=4))
        with pytest.raises(FenceLost):
            target.delete_revision(SERVICE, "r1", fence=4)
        with pytest.raises(FenceLost):
            target.delete(SERVICE, fence=4)
        if isinstance(target, SplitsTraffic):
            with pytest.raises(FenceLost):
                target.set_traffic(SERVICE, Traffic.all_to("r1"), fence=4)
        assert [each.revision_id for each in target.find(SERVICE).revisions] == ["r1"]
        assert target.find(SERVICE).traffic == before

    def test_a_service_that_was_deleted_is_not_brought_back_by_a_lower_fence(self, target, image):
        target.deploy(spec_for(image, fence=5))
        target.delete(SERVICE, fence=6)
        with pytest.raises(FenceLost):
            target.deploy(spec_for(image, fence=5))
        assert target.find(SERVICE) is None

    def test_a_deploy_that_was_killed_is_one_revision_once_it_is_repeated(
        self, target, image, kill_while_deploying, running
    ):
        kill_while_deploying(spec_for(image))
        target.deploy(spec_for(image))
        self.healthy(target)
        assert [each.revision_id for each in target.find(SERVICE).revisions] == ["r1"]
        assert running() == 1
        target.delete(SERVICE, fence=1)
        assert running() == 0

    def test_an_unknown_native_state_is_never_healthy(self, target, image, spoil):
        target.deploy(spec_for(image))
        self.healthy(target)
        spoil("r1")
        assert target.find(SERVICE).revision("r1").status.state is not ServiceState.HEALTHY

    def test_render_is_pure(self, target, image):
        assert target.render(spec_for(image)) == target.render(spec_for(image))
        assert target.find(SERVICE) is None

    def test_no_secret_of_the_caller_is_in_renders_snapshots_or_logs(self, target, image, monkeypatch):
        monkeypatch.setenv("AZURE_CLIENT_SECRET", CANARY)
        monkeypatch.setenv("PREFECT_API_KEY", CANARY)
        spec = spec_for(image)
        service = target.deploy(spec)
        self.healthy(target)
        seen = [repr(target), repr(target.render(spec)), repr(service), *target.logs(SERVICE)]
        assert not [text for text in seen if CANARY in text]

    # -- targets that split traffic

    @pytest.fixture
    def splitting(self, target: Target) -> SplitsTraffic:
        if not isinstance(target, SplitsTraffic):
            pytest.skip(f"the {target.kind} target does not split traffic")
        return target

    def test_a_new_service_has_no_traffic_and_is_not_healthy(self, splitting, image):
        service = splitting.deploy(spec_for(image))
        assert service.traffic == NO_TRAFFIC
        assert splitting.traffic(SERVICE) == NO_TRAFFIC
        self.healthy(splitting)
        assert splitting.status(SERVICE).state is ServiceState.TRANSITIONING

    def test_traffic_is_read_back_as_it_was_set(self, splitting, image):
        splitting.deploy(spec_for(image, "r1"))
        splitting.deploy(spec_for(image, "r2"))
        for weights in ({"r1": 100}, {"r1": 90, "r2": 10}, {"r2": 100}):
            wanted = Traffic(weights=weights)
            assert splitting.set_traffic(SERVICE, wanted, fence=1) == wanted
            assert splitting.traffic(SERVICE) == wanted
            assert sum(splitting.find(SERVICE).traffic.weights.values()) == 100

    def test_traffic_is_taken_away_altogether(self, splitting, image):
        splitting.deploy(spec_for(image))
        splitting.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
        assert splitting.set_traffic(SERVICE, NO_TRAFFIC, fence=1) == NO_TRAFFIC
        assert splitting.traffic(SERVICE) == NO_TRAFFIC

    def test_a_service_is_healthy_when_the_revisions_with_traffic_are(self, splitting, image):
        splitting.deploy(spec_for(image))
        splitting.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
        wait(splitting, SERVICE, None, until=ServiceState.HEALTHY, deadline_s=self.deadline_s)

    def test_traffic_to_a_revision_that_does_not_exist_is_refused(self, splitting, image):
        with pytest.raises(ServiceNotFound, match="WebserviceNotFound: service digits does not exist"):
            splitting.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
        splitting.deploy(spec_for(image))
        with pytest.raises(TargetError, match=r"service digits has no revision r9 to send traffic to \(it has: r1\)"):
            splitting.set_traffic(SERVICE, Traffic.all_to("r9"), fence=1)
        assert splitting.traffic(SERVICE) == NO_TRAFFIC

    def test_a_revision_with_traffic_is_not_removed(self, splitting, image):
        splitting.deploy(spec_for(image))
        splitting.set_traffic(SERVICE, Traffic.all_to("r1"), fence=1)
        with pytest.raises(TargetError, match="revision r1 of service digits answers 100 % of the requests"):
            splitting.delete_revision(SERVICE, "r1", fence=1)
        assert splitting.find(SERVICE).revision("r1") is not None

    def test_every_revision_has_counts_from_the_first_day(self, splitting, image):
        splitting.deploy(spec_for(image))
        assert splitting.revision_stats(SERVICE)["r1"].requests == 0
        assert splitting.revision_stats(SERVICE)["r1"].p95_ms is None

    def test_a_mirror_is_read_back_too(self, splitting, image):
        if not isinstance(splitting, Mirrors):
            pytest.skip(f"the {splitting.kind} target does not mirror")
        splitting.deploy(spec_for(image, "r1"))
        splitting.deploy(spec_for(image, "r2"))
        wanted = Traffic(weights={"r1": 100}, mirror=Mirror(revision_id="r2", percent=25))
        assert splitting.set_traffic(SERVICE, wanted, fence=1) == wanted
        assert splitting.traffic(SERVICE) == wanted
