import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipway.domain.canonical import canonical_json
from shipway.domain.model import FileEntry, ModelVersion, Tree
from shipway.domain.secret import Secret
from shipway.domain.service import (
    DeploymentConfig,
    Mirror,
    Revision,
    RevisionStats,
    Service,
    ServiceState,
    ServiceStatus,
    Traffic,
)
from shipway.domain.verdict import CheckResult, Measurement, Phase, Verdict
from shipway.errors import StoreCorrupt
from shipway.store.codec import decode, encode

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_TIMES = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
_FLOATS = st.floats(allow_nan=False)
_FILES = st.builds(FileEntry, path=_TEXT, digest=_TEXT, size_bytes=st.integers(), executable=st.booleans())
_TREES = st.builds(Tree, name=_TEXT, is_folder=st.booleans(), files=st.lists(_FILES, max_size=3).map(tuple))
_VALUES = st.one_of(
    st.builds(
        ModelVersion,
        name=_TEXT,
        version=st.integers(),
        tree=_TREES,
        created_at=_TIMES,
        tags=st.dictionaries(_TEXT, _TEXT, max_size=3),
        release_id=st.none() | _TEXT,
    ),
    st.builds(
        RevisionStats,
        revision_id=_TEXT,
        requests=st.integers(),
        failures=st.integers(),
        p50_ms=st.none() | _FLOATS,
        p95_ms=st.none() | _FLOATS,
        p99_ms=st.none() | _FLOATS,
    ),
    st.builds(
        CheckResult,
        name=_TEXT,
        phase=st.sampled_from(Phase),
        message=_TEXT,
        measurements=st.lists(
            st.builds(
                Measurement,
                name=_TEXT,
                value=_FLOATS,
                unit=_TEXT,
                champion=st.none() | _FLOATS,
                limit=st.none() | _FLOATS,
            ),
            max_size=2,
        ).map(tuple),
        evidence=st.lists(_TEXT, max_size=2).map(tuple),
    ),
    st.builds(DeploymentConfig, compute_type=_TEXT, port=st.none() | st.integers()),
)


@settings(deadline=None)
@given(_VALUES)
def test_a_value_comes_back_through_the_bytes_of_a_record(value: object) -> None:
    assert decode(type(value), json.loads(canonical_json(encode(value)))) == value


def test_a_service_comes_back() -> None:
    status = ServiceStatus(
        state=ServiceState.HEALTHY, native="running", message="", observed_at=datetime(2026, 7, 1, tzinfo=UTC)
    )
    revision = Revision(
        revision_id="r1",
        image_digest="d",
        models=("m:1",),
        address="127.0.0.1:1",
        status=status,
        created_at=status.observed_at,
        labels={"a": "b"},
    )
    service = Service(
        name="digits",
        kind="process",
        scoring_uri="u",
        status=status,
        revisions=(revision,),
        traffic=Traffic(weights={"r1": 100}, mirror=Mirror(revision_id="r2", percent=5)),
    )
    back = decode(Service, encode(service))
    assert back == service
    assert isinstance(back.status.state, ServiceState)


def test_floats_times_enums_and_tuples_have_one_form() -> None:
    check = CheckResult(
        name="c", phase=Phase.PASSED, message="", measurements=(Measurement(name="m", value=0.1, unit="ms", limit=2),)
    )
    assert encode(Verdict(checks=(check,))) == {
        "checks": [
            {
                "name": "c",
                "phase": "passed",
                "message": "",
                "measurements": [
                    {"name": "m", "value": "0.1", "unit": "ms", "champion": None, "limit": "2.0", "at_least": False}
                ],
                "evidence": [],
            }
        ]
    }


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    @dataclasses.dataclass(frozen=True)
    class Seen:
        at: datetime

    there = datetime(2026, 7, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert encode(Seen(there)) == {"at": "2026-07-01T12:00:00.000000Z"}
    with pytest.raises(ValueError, match=r"a time without a zone"):
        encode(Seen(there.replace(tzinfo=None)))


def test_a_secret_is_refused() -> None:
    @dataclasses.dataclass(frozen=True)
    class Keys:
        primary: Secret
        more: Mapping[str, Secret]

    for keys in (Keys(Secret("k"), {}), Keys("plain", {"a": Secret("k")})):  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^a Secret is never written to the workspace$"):
            encode(keys)


@pytest.mark.parametrize(
    ("plain", "reason"),
    [
        ({"path": "a", "digest": "d", "size_bytes": "3"}, "expected int, found '3'"),
        ({"path": 1, "digest": "d", "size_bytes": 3}, "expected str, found 1"),
        ({"path": "a", "digest": "d", "size_bytes": True}, "expected int, found True"),
        ({"path": "a", "digest": "d"}, "size_bytes"),
        ("text", "TypeError"),
        ({"path": "a", "digest": "d", "size_bytes": 0.5}, "expected int, found 0.5"),
    ],
)
def test_a_record_that_does_not_fit_is_corrupt(plain: object, reason: str) -> None:
    with pytest.raises(StoreCorrupt, match=rf"^a record does not hold a FileEntry: .*{reason}"):
        decode(FileEntry, plain)  # type: ignore[arg-type]


def test_an_unknown_word_of_an_enum_is_corrupt() -> None:
    with pytest.raises(
        StoreCorrupt, match=r"^a record does not hold a CheckResult: ValueError: 'good' is not a valid Phase"
    ):
        decode(CheckResult, {"name": "c", "phase": "good", "message": ""})
