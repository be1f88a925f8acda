"""Domain values refuse what cannot be, and hide what must be hidden."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.canonical import canonical_json, digest_of, parse_rfc3339, rfc3339
from shipway.domain.model import FileEntry, Tree
from shipway.domain.names import ModelRef, model_name_fault, service_name_fault
from shipway.domain.release import LatencyLimit, revision_id_of
from shipway.domain.secret import Secret
from shipway.domain.service import Mirror, ServiceState, Traffic
from shipway.domain.verdict import CheckResult, Phase, Verdict, worst
from shipway.domain.wording import are, counted, were


def test_counts_have_the_noun_s_number():
    assert [counted(n, "package") for n in (0, 1, 2)] == ["0 packages", "1 package", "2 packages"]
    assert (were(1), were(2), are(1), are(2)) == ("was", "were", "is", "are")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_canonical_json_is_read_back_as_it_was(value: object) -> None:
    assert json.loads(canonical_json(value)) == value  # type: ignore[arg-type]


@given(st.dictionaries(st.text(), st.integers(), max_size=6))
def test_the_order_of_keys_does_not_change_a_digest(value: dict[str, int]) -> None:
    assert digest_of(dict(reversed(value.items()))) == digest_of(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0.5, [1, {"a": float("nan")}], {1: 2}, b"bytes"])
def test_a_canonical_document_refuses_what_has_two_spellings(value: object) -> None:
    with pytest.raises(TypeError, match="a canonical document"):
        canonical_json(value)  # type: ignore[arg-type]


def test_times_are_written_in_utc() -> None:
    local = datetime(2026, 1, 1, 2, 0, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(local) == "2026-01-01T00:00:00.000000Z"
    assert parse_rfc3339(rfc3339(local)) == local.astimezone(UTC)
    with pytest.raises(ValueError, match="without a zone"):
        rfc3339(datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize("name", ["ab", "Digits", "digits_1", "digits-", "1digits", "a" * 33, ""])
def test_a_service_name_that_v1_refuses_is_refused(name: str) -> None:
    assert (service_name_fault(name) or "").startswith(f"service name {name!r} is not allowed: use 3 to 32")


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "a" * 256])
def test_a_model_name_that_v1_refuses_is_refused(name: str) -> None:
    assert (model_name_fault(name) or "").startswith(f"model name {name!r} is not allowed: use 1 to 255")


def test_names_that_v1_allowed_are_allowed() -> None:
    assert service_name_fault("digits-2") is None
    assert model_name_fault("sklearn_mnist.v1-a") is None


@pytest.mark.parametrize("text", ["digits", "digits:", "digits:0", "digits:-1", "digits:v1", ":1", "a b:1"])
def test_a_model_id_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a model id: expected name:version"):
        ModelRef.parse(text)


def test_a_model_id_reads_back() -> None:
    assert str(ModelRef.parse("digits:12")) == "digits:12"
    assert ModelRef.parse("digits:9") < ModelRef.parse("digits:12")


@pytest.mark.parametrize("weights", [{"a": 50}, {"a": 60, "b": 60}, {"a": -1, "b": 101}])
def test_traffic_that_does_not_sum_to_100_is_refused(weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="traffic weights must"):
        Traffic(weights=weights)


def test_a_mirror_copies_a_share() -> None:
    with pytest.raises(ValueError, match="1 to 100, not 0"):
        Mirror(revision_id="r1", percent=0)


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("hunter2")
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>9}", repr([secret]), "%s" % secret):  # noqa: UP031
        assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"


def test_a_tree_is_its_names_and_its_bytes() -> None:
    one = FileEntry(path="a", digest="0" * 64, size_bytes=3)
    two = FileEntry(path="b", digest="1" * 64, size_bytes=4)
    tree = Tree(name="model", is_folder=True, files=(one, two))
    assert tree.digest == Tree(name="model", is_folder=True, files=(two, one)).digest
    assert tree.digest != Tree(name="other", is_folder=True, files=(one, two)).digest
    assert tree.size_bytes == 7


def test_a_verdict_is_the_worst_of_its_checks() -> None:
    assert worst([]) is Phase.INCONCLUSIVE
    assert worst([Phase.PASSED, Phase.ERROR, Phase.INCONCLUSIVE]) is Phase.ERROR
    good = CheckResult(name="golden", phase=Phase.PASSED, message="20 of 20")
    bad = CheckResult(name="latency", phase=Phase.FAILED, message="212 ms, at most 50 ms")
    assert Verdict(checks=(good,)).passed
    assert Verdict(checks=(good, bad)).reason == "latency failed: 212 ms, at most 50 ms"


def test_a_limit_is_the_larger_of_floor_and_factor() -> None:
    limit = LatencyLimit(floor_ms=50, factor=2)
    assert limit.limit_ms(None) == limit.limit_ms(5) == 50
    assert limit.limit_ms(100) == 200


def test_one_release_is_one_revision() -> None:
    assert revision_id_of("a") == revision_id_of("a") != revision_id_of("b")
    assert revision_id_of("a")[0].isalpha()


def test_only_a_service_in_transition_is_not_settled() -> None:
    assert [s for s in ServiceState if not s.settled] == [ServiceState.TRANSITIONING]
