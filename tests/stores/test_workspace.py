"""A workspace in a bucket is the same as one in a folder; and one that cannot be reached says why."""

import os
import re
from collections.abc import Iterator

import pytest

from shipway.errors import RecordExists, RecordMissing, StoreError
from shipway.store.records import Records
from shipway.store.remote import connect
from shipway.store.urls import parse_place
from shipway.store.workspace import open_workspace
from tests.stores.conftest import fresh, use
from tests.stores.servers import StoreServer, moto


def test_what_is_written_is_read_listed_and_deleted(any_url: str) -> None:
    workspace = open_workspace(any_url, create=True)
    assert workspace.url == any_url
    records = workspace.records
    records.create("models/m/1", {"a": 1})
    records.create("models/m/2", {"a": 2})
    records.put("models/m/aliases/champion", 1)
    records.put("models/m/aliases/champion", 2)
    with pytest.raises(RecordExists, match=r"^models/m/1\.json is already in workspace "):
        records.create("models/m/1", {"a": 1})
    assert records.read("models/m/aliases/champion") == 2
    assert records.names("models/m") == ("1", "2", "aliases")
    assert records.keys("models") == ("models/m/1", "models/m/2", "models/m/aliases/champion")
    assert records.exists("models/m/1")
    records.delete("models/m/1")
    records.delete("models/m/1")
    assert not records.exists("models/m/1")
    with pytest.raises(RecordMissing, match=r"^models/m/1\.json is not in workspace "):
        records.read("models/m/1")
    assert records.names("nothing") == ()


def test_it_is_opened_again_by_its_url_and_made_only_once(any_url: str) -> None:
    open_workspace(any_url, create=True).records.create("a", 1)
    open_workspace(any_url, create=True)
    assert open_workspace(f"{any_url}/").records.read("a") == 1


def test_one_prefix_does_not_see_another(server: StoreServer) -> None:
    url = fresh(server)
    open_workspace(url, create=True).records.create("a", 1)
    with pytest.raises(StoreError, match="is not a workspace"):
        open_workspace(f"{url}2")
    assert not open_workspace(f"{url}/inner", create=True).records.exists("a")


def test_a_folder_that_is_given_where_a_bucket_was_made_says_how_to_make_it(url: str) -> None:
    with pytest.raises(StoreError) as error:
        open_workspace(url)
    assert str(error.value) == f"{url} is not a workspace; make one with `shipway workspace create {url}`"
    with pytest.raises(StoreError):
        open_workspace(url)


def test_a_newer_format_is_refused(url: str) -> None:
    open_workspace(url, create=True).records.put("workspace", {"format": 2})
    with pytest.raises(StoreError, match=f"^workspace {url} has format 2, and this shipway knows format 1; upgrade"):
        open_workspace(url)


def test_a_bucket_that_is_missing_is_named_and_not_made(server: StoreServer) -> None:
    url = f"{server.scheme}://no-such-bucket-here/ws"
    for create in (False, True):
        with pytest.raises(StoreError) as error:
            open_workspace(url, create=create)
        assert re.fullmatch(
            rf"workspace {url}: there is no such bucket or container; check its name and the account, or make it "
            r"\(404 (NoSuchBucket|ContainerNotFound): The specified (bucket|container) does not exist\.?\)",
            str(error.value),
        )


def test_a_bucket_that_goes_away_is_an_error_and_not_an_empty_list(server: StoreServer) -> None:
    records = Records(connect(parse_place(f"{server.scheme}://no-such-bucket-here/ws"), os.environ))
    for act in (
        lambda: records.names("models"),
        lambda: records.keys("models"),
        lambda: records.read("models/m/1"),
        lambda: records.create("models/m/1", 1),
        lambda: records.put("models/m/1", 1),
    ):
        with pytest.raises(StoreError, match="there is no such bucket or container"):
            act()


def test_a_wrong_azure_key_is_told(azure_server: StoreServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = fresh(use(azure_server, monkeypatch))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "d3Jvbmc=")
    with pytest.raises(StoreError) as error:
        open_workspace(url)
    assert str(error.value).startswith(
        f"workspace {url} does not let your credentials read or write workspace.json; check them, and what they may do "
        "(403 AuthorizationFailure: "
    )
    assert "d3Jvbmc" not in str(error.value)


def test_a_wrong_signature_in_the_environment_is_not_repeated(
    azure_server: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh(use(azure_server, monkeypatch))
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_KEY")
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "sv=2021-08-06&ss=b&srt=co&sp=rwl&se=2099-01-01&sig=c2VjcmV0")
    with pytest.raises(StoreError, match="does not let your credentials read or write") as error:
        open_workspace(url)
    assert "c2VjcmV0" not in f"{error.value}"


@pytest.fixture(scope="module")
def strict_s3() -> Iterator[StoreServer]:
    with moto(checks_keys=True) as server:
        yield server


def test_a_wrong_s3_key_is_told(strict_s3: StoreServer, monkeypatch: pytest.MonkeyPatch) -> None:
    use(strict_s3, monkeypatch)
    expected = (
        "workspace s3://shipway-tests/ws does not accept your credentials; check AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY "
        "(403 InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.)"
    )
    with pytest.raises(StoreError, match=f"^{re.escape(expected)}$"):
        open_workspace("s3://shipway-tests/ws")


def test_no_credentials_at_all_is_told_at_once(s3: StoreServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(
        StoreError, match=r"^workspace s3://shipway-tests/ws: no credentials were found; set AWS_ACCESS_KEY_ID "
    ):
        open_workspace("s3://shipway-tests/ws")


def test_the_connection_is_kept_while_the_settings_are_the_same(
    s3: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_workspace(fresh(s3), create=True)
    assert open_workspace(first.url).objects is first.objects
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")
    assert open_workspace(first.url).objects is not first.objects
