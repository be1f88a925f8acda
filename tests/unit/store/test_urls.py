from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.errors import StoreError
from shipway.store.urls import Place, folder_of, is_remote, parse_place

_SEGMENTS = st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._=+-]*", fullmatch=True), max_size=4)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("s3://bucket/team/models", "s3://bucket/team/models"),
        ("S3://bucket//team/models/", "s3://bucket/team/models"),
        ("az://container", "az://container"),
        ("az://container/", "az://container"),
        ("gs://a.bucket-1/x=1/y", "gs://a.bucket-1/x=1/y"),
    ],
)
def test_equal_workspaces_have_equal_urls(text: str, url: str) -> None:
    assert parse_place(text).url == url


@given(st.sampled_from(["s3", "az", "gs"]), _SEGMENTS)
def test_a_normal_url_is_its_own_normal_form(scheme: str, segments: list[str]) -> None:
    place = Place(scheme=scheme, bucket="bucket", prefix="/".join(segments))
    assert parse_place(place.url) == place


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s3a://b/x", "workspace s3a://b/x: Shipway writes s3a:// as s3://NAME/PREFIX; give it so"),
        (
            "abfss://c@account.dfs.core.windows.net/x",
            "workspace abfss://account.dfs.core.windows.net/x: Shipway writes abfss:// as az://NAME/PREFIX; give it so",
        ),
        (
            "https://bucket.s3.amazonaws.com/x",
            "workspace https://bucket.s3.amazonaws.com/x: a workspace is a folder, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX or gs://BUCKET/PREFIX",  # noqa: E501
        ),
        (
            "s3://Bucket/x",
            "workspace s3://Bucket/x: 'Bucket' is no name of a bucket; it has 3 or more of a-z, 0-9, dash and dot",
        ),
        (
            "s3:///x",
            "workspace s3:///x: '' is no name of a bucket; it has 3 or more of a-z, 0-9, dash and dot",
        ),
        (
            "s3://bucket/../x",
            "workspace s3://bucket/../x: the prefix has '..'; use letters, digits and . _ - = + between the slashes",
        ),
        (
            "s3://bucket/a b",
            "workspace s3://bucket/a b: the prefix has 'a b'; use letters, digits and . _ - = + between the slashes",
        ),
    ],
)
def test_what_is_no_workspace_is_refused_with_the_way_out(text: str, message: str) -> None:
    with pytest.raises(StoreError) as error:
        parse_place(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "s3://AKIA:SECRET@bucket/x",
        "az://container/x?sv=1&sig=SECRET",
        "az://container/x#SECRET",
        "https://account.blob.core.windows.net/c?sig=SECRET",
        "ftp://user:SECRET@host/x",
    ],
)
def test_a_credential_in_a_url_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(StoreError) as error:
        parse_place(text)
    assert "SECRET" not in str(error.value)
    assert "AKIA" not in str(error.value)


def test_folders_are_no_buckets(tmp_path: Path) -> None:
    assert [is_remote(text) for text in ("x", "/x", "file:///x", "FILE:///x", "s3://b", "x://y")] == [
        *[False] * 4,
        True,
        True,
    ]
    assert folder_of(str(tmp_path / "a" / ".." / "b")) == tmp_path / "b"
    assert folder_of(f"file://localhost{tmp_path}/a%20b") == tmp_path / "a b"


def test_a_slash_that_was_forgotten_makes_no_folder() -> None:
    with pytest.raises(StoreError) as error:
        folder_of("s3:/models/team")
    assert str(error.value) == "workspace s3:/models/team: a URL has two slashes; write s3://models/team"
