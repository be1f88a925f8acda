"""A store that throttles, hangs up, or does what it was asked and does not say so."""

import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from shipway.errors import RecordExists, StoreError, StoreUnavailable, Transient
from shipway.registry.models import Registry
from shipway.store.blobs import Blobs
from shipway.store.journal import Journal
from shipway.store.objects import Objects
from shipway.store.records import Records
from shipway.store.remote import connect
from shipway.store.urls import parse_place
from shipway.store.workspace import open_workspace
from tests.stores.proxy import Act, Proxy, Request, first
from tests.stores.servers import BUCKET, StoreServer, s3_client

_MB = 1024 * 1024


def _impatient(url: str) -> Objects:
    return connect(parse_place(url), os.environ, patience_s=0.5)


def _is_put(request: Request) -> bool:
    return request.method == "PUT"


def _any(_request: Request) -> bool:
    return True


def test_a_create_whose_answer_was_lost_has_won_once(proxy: Proxy, url: str) -> None:
    records = open_workspace(url, create=True).records
    proxy.rule = first(1, Act.LOSE_ANSWER, _is_put)
    records.create("models/m/1", {"by": "us"})
    assert records.read("models/m/1") == {"by": "us"}
    with pytest.raises(RecordExists):
        records.create("models/m/1", {"by": "us"})


def test_a_create_whose_refusal_was_lost_has_lost(proxy: Proxy, url: str) -> None:
    records = open_workspace(url, create=True).records
    records.create("models/m/1", {"by": "others"})
    proxy.rule = first(1, Act.LOSE_ANSWER, _is_put)
    with pytest.raises(RecordExists):
        records.create("models/m/1", {"by": "us"})
    assert records.read("models/m/1") == {"by": "others"}


def test_a_journal_does_not_repeat_an_entry_whose_answer_was_lost(proxy: Proxy, url: str, now: datetime) -> None:
    records = open_workspace(url, create=True).records
    journal = Journal(records, "releases/r1/journal")
    for number in range(3):
        proxy.rule = first(1, Act.LOSE_ANSWER, _is_put)
        journal.append({"number": number}, at=now)
    assert [entry.data["number"] for entry in journal.entries()] == [0, 1, 2]


def test_a_registration_whose_answer_was_lost_takes_one_version(
    proxy: Proxy, url: str, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    workspace = open_workspace(url, create=True)
    for number in (1, 2):
        proxy.rule = first(1, Act.LOSE_ANSWER, lambda request: "models/m" in request.path and request.method == "PUT")
        assert Registry(workspace).register_path(tmp_path / "model", name="m", now=now).version == number
    assert workspace.records.names("models/m") == ("1", "2")


def test_a_conflict_with_another_writer_that_failed_is_tried_again(proxy: Proxy, url: str) -> None:
    """S3 answers 409 where two conditional writes met, and neither of them may have won."""
    records = open_workspace(url, create=True).records
    proxy.rule = first(1, Act.CONFLICT, _is_put)
    records.create("models/m/1", {"by": "us"})
    assert records.read("models/m/1") == {"by": "us"}


def test_throttling_passes(proxy: Proxy, url: str) -> None:
    workspace = open_workspace(url, create=True)
    for act in _every_act(workspace.records, workspace.blobs):
        proxy.rule = first(2, Act.SLOW_DOWN, _any)
        act()


def test_throttling_that_does_not_pass_is_told_and_leaves_nothing(proxy: Proxy, url: str) -> None:
    workspace = open_workspace(url, create=True)
    proxy.rule = first(10_000, Act.SLOW_DOWN, _any)
    objects = _impatient(url)
    for act in _every_act(Records(objects), Blobs(objects)):
        with pytest.raises(StoreUnavailable) as error:
            act()
        assert isinstance(error.value, Transient)
        assert re.fullmatch(
            rf"workspace {url} has too many requests and turned away \S*; try again later "
            r"\(503( SlowDown: Please reduce your request rate\.)?\)",
            str(error.value),
        )
    proxy.rule = first(0, Act.SLOW_DOWN, _any)
    assert workspace.records.keys("") == ("workspace",)


def _every_act(records: Records, blobs: Blobs) -> list[Callable[[], object]]:
    return [
        lambda: records.create("models/m/1", 1),
        lambda: records.put("models/m/aliases/a", 1),
        lambda: records.read("workspace"),
        lambda: records.exists("workspace"),
        lambda: records.names("models"),
        lambda: records.keys("models"),
        lambda: records.delete("models/m/2"),
        lambda: blobs.put_bytes(b"bytes"),
    ]


def test_a_store_that_never_answers_is_told(proxy: Proxy, url: str) -> None:
    open_workspace(url, create=True)
    proxy.rule = first(10_000, Act.HANG_UP, _any)
    with pytest.raises(StoreUnavailable) as error:
        Records(_impatient(url)).create("models/m/1", 1)
    assert str(error.value) == (
        f"workspace {url} cannot be reached; check the network and the endpoint that is set, or try again "
        "(the connection broke off)"
    )


def test_an_endpoint_that_is_none_is_told(s3: StoreServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(StoreUnavailable) as error:
        Records(_impatient("s3://shipway-tests/ws")).read("workspace")
    assert str(error.value) == (
        "workspace s3://shipway-tests/ws cannot be reached; check the network and the endpoint that is set, "
        "or try again (Connection refused)"
    )


def test_a_clock_that_is_wrong_is_told(s3: StoreServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy(s3.endpoint, rule=first(1, Act.SKEWED, _any)) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        with pytest.raises(StoreError) as error:
            open_workspace("s3://shipway-tests/ws")
    assert str(error.value) == (
        "workspace s3://shipway-tests/ws: this machine's clock is too far from the store's; set it right "
        "(403 RequestTimeTooSkewed: The difference is too large.)"
    )


@pytest.mark.parametrize("act", [Act.HANG_UP, Act.SLOW_DOWN, Act.LOSE_ANSWER])
def test_an_upload_goes_on_after_a_part_of_it_was_dropped_or_turned_away(
    proxy: Proxy, url: str, tmp_path: Path, act: Act
) -> None:
    blobs = open_workspace(url, create=True).blobs
    (tmp_path / "model").write_bytes(os.urandom(23 * _MB))
    proxy.rule = first(3, act, lambda request: request.is_part)
    digest, _ = blobs.put_file(tmp_path / "model")
    assert proxy.acts.count(act) == 3
    assert blobs.read_bytes(digest) == (tmp_path / "model").read_bytes()
    blobs.fetch(digest, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == (tmp_path / "model").read_bytes()


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (Act.HANG_UP, r" cannot be reached; check the network .*\(the connection broke off\)$"),
        (Act.SLOW_DOWN, r" has too many requests and turned away \S*; try again later \(503( SlowDown: .*)?\)$"),
    ],
)
def test_an_upload_that_breaks_off_registers_nothing_and_succeeds_when_repeated(  # noqa: PLR0917
    proxy: Proxy, url: str, server: StoreServer, tmp_path: Path, now: datetime, act: Act, said: str
) -> None:
    workspace = open_workspace(url, create=True)
    (tmp_path / "model").write_bytes(os.urandom(11 * _MB))
    proxy.rule = first(10_000, act, lambda request: request.is_part)
    objects = _impatient(url)
    broken = type(workspace)(url=url, blobs=Blobs(objects), records=Records(objects), objects=objects)
    with pytest.raises(StoreUnavailable, match=said):
        Registry(broken).register_path(tmp_path / "model", name="m", now=now)
    assert [found.key for found in workspace.objects.under("")] == ["workspace.json"]
    assert _unfinished(server, url) == []
    proxy.rule = first(0, Act.HANG_UP, _any)
    assert Registry(workspace).register_path(tmp_path / "model", name="m", now=now).version == 1


def test_an_upload_whose_last_answer_was_lost_is_there(
    proxy: Proxy, url: str, server: StoreServer, tmp_path: Path
) -> None:
    blobs = open_workspace(url, create=True).blobs
    (tmp_path / "model").write_bytes(os.urandom(11 * _MB))
    proxy.rule = first(1, Act.LOSE_ANSWER, _completes)
    digest, _ = blobs.put_file(tmp_path / "model")
    assert blobs.read_bytes(digest) == (tmp_path / "model").read_bytes()
    assert _unfinished(server, url) == []


def _completes(request: Request) -> bool:
    return (request.method == "POST" and "uploadId=" in request.path) or "comp=blocklist" in request.path


def test_a_file_that_changes_while_it_is_uploaded_leaves_no_unfinished_upload(s3: StoreServer, tmp_path: Path) -> None:
    objects = open_workspace("s3://shipway-tests/changing/ws", create=True).objects

    def chunks():  # type: ignore[no-untyped-def]
        yield bytes(5 * _MB)
        raise StoreError("it changed")

    with pytest.raises(StoreError, match="it changed"):
        objects.upload("blobs/sha256/aa/aa", chunks(), size_bytes=10 * _MB)
    assert _unfinished(s3, "s3://shipway-tests/changing") == []
    assert objects.stat("blobs/sha256/aa/aa") is None


def _unfinished(server: StoreServer, url: str) -> list[str]:
    """Azure lists none, and drops what was not completed after a week."""
    if server.scheme != "s3":
        return []
    prefix = url.partition(f"{BUCKET}/")[2]
    found = s3_client(server).list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return [upload["Key"] for upload in found if upload["Key"].startswith(prefix)]
