from shipway.domain.service import Auth, Autoscale, DeploymentConfig, Probe, Resources
from shipway.domain.service_defaults import defaults_for, with_defaults


def test_what_is_left_out_gets_v1s_defaults_at_every_depth() -> None:
    given = DeploymentConfig(compute_type="aks", resources=Resources(cpu=2.0), probe=Probe(period_s=5))
    full = with_defaults(given)
    assert full.resources == Resources(cpu=2.0, memory_bytes=512 * 1024**2)
    assert full.probe == Probe(period_s=5, initial_delay_s=310, timeout_s=2, success_threshold=1, failure_threshold=3)
    assert full.auth == Auth(key=True, token=False)
    assert full.autoscale.max_replicas == 10
    assert full.limits.scoring_timeout_ms == 60_000


def test_keys_are_on_by_default_on_aks_and_off_on_aci() -> None:
    assert (defaults_for("aks").auth.key, defaults_for("aci").auth.key) == (True, False)


def test_a_fixed_number_of_replicas_scales_nothing() -> None:
    full = with_defaults(DeploymentConfig(compute_type="aks", replicas=3))
    assert (full.replicas, full.autoscale) == (3, Autoscale(enabled=False))


def test_tokens_turn_keys_off() -> None:
    full = with_defaults(DeploymentConfig(compute_type="aks", auth=Auth(token=True)))
    assert full.auth == Auth(key=False, token=True)


def test_a_local_service_gets_nothing_that_it_did_not_ask_for() -> None:
    assert with_defaults(DeploymentConfig(port=80)) == DeploymentConfig(port=80)
