import pytest

from shipway.errors import StoreError
from shipway.store.remote import connect
from shipway.store.urls import parse_place

_S3 = parse_place("s3://bucket/x")
_AZ = parse_place("az://container/x")
_KEY = {"AZURE_STORAGE_ACCOUNT_NAME": "account", "AZURE_STORAGE_ACCOUNT_KEY": "a2V5"}


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:9000"])
def test_this_machine_itself_may_be_spoken_to_in_clear(host: str) -> None:
    assert connect(_S3, {"AWS_ENDPOINT_URL": f"http://{host}"}).where == "s3://bucket/x"


def test_another_machine_is_spoken_to_in_clear_only_where_somebody_says_so() -> None:
    with pytest.raises(StoreError) as error:
        connect(_S3, {"AWS_ENDPOINT_URL": "http://minio.example.org:9000"})
    assert str(error.value) == (
        "workspace s3://bucket/x: AWS_ENDPOINT_URL names http://minio.example.org, which would carry models in clear; "
        "use https, or set AWS_ALLOW_HTTP=true where that network is trusted"
    )
    connect(_S3, {"AWS_ENDPOINT_URL": "http://minio.example.org:9000", "AWS_ALLOW_HTTP": "true"})
    connect(_S3, {"AWS_ENDPOINT_URL": "https://minio.example.org:9000"})
    with pytest.raises(StoreError, match=r"AZURE_STORAGE_ENDPOINT names http://blobs\.example\.org, which would carry"):
        connect(_AZ, {**_KEY, "AZURE_STORAGE_ENDPOINT": "http://user:SECRET@blobs.example.org/account"})


def test_an_endpoint_that_is_no_url_is_told() -> None:
    with pytest.raises(StoreError) as error:
        connect(_S3, {"AWS_ENDPOINT_URL": "minio:9000"})
    assert str(error.value) == (
        "workspace s3://bucket/x: AWS_ENDPOINT_URL is no URL; give one such as https://s3.example.org"
    )


def test_an_account_that_is_not_given_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(StoreError) as error:
        connect(_AZ, {})
    assert str(error.value) == (
        "workspace az://container/x: its settings are not right: Generic MicrosoftAzure error: Account must be "
        "specified; set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (or AZURE_STORAGE_SAS_TOKEN)"
    )


def test_a_key_that_is_none_is_told_and_not_repeated() -> None:
    with pytest.raises(StoreError, match=r"^workspace az://container/x: its settings are not right: ") as error:
        connect(_AZ, {**_KEY, "AZURE_STORAGE_ACCOUNT_KEY": "not base64: SECRET"})
    assert "SECRET" not in str(error.value)


def test_the_names_of_azure_s_own_command_are_understood() -> None:
    connect(_AZ, {"AZURE_STORAGE_ACCOUNT": "account", "AZURE_STORAGE_KEY": "a2V5"})
