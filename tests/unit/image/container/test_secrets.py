from collections.abc import Iterable

import pytest

from shipway.image.container.secrets import Found, ImageFile, find_secrets, known_secrets

KNOWN = known_secrets({"API_TOKEN": "abcdefgh12345"})


def found(path: str, *pieces: bytes, authors: bool = True, texts: dict[str, str] | None = None) -> list[str]:
    files: Iterable[ImageFile] = [ImageFile(path=path, pieces=pieces, is_authors=authors)]
    return [str(each) for each in find_secrets(files, texts or {}, KNOWN)]


def test_what_counts_as_a_secret_of_the_environment() -> None:
    environment = {
        "DB_PASSWORD": "long enough",
        "AWS_SECRET_ACCESS_KEY": "also long enough",
        "SHORT_TOKEN": "1234567",
        "SSH_KEY": "/root/.ssh/id_rsa",
        "TOKEN_URL": "https://index.example/simple",
        "UV_INDEX_URL": "https://ada:byron-1815@index.example/simple",
        "HOME": "/root/long-enough",
        "GPG_KEY": "A035C8C19219BA821ECEA86B64E628F8D684696D",  # of python:3.11, and in python:3.11-slim too
    }
    assert [(secret.name, secret.value.reveal()) for secret in known_secrets(environment)] == [
        ("the value of AWS_SECRET_ACCESS_KEY", "also long enough"),
        ("the value of DB_PASSWORD", "long enough"),
        ("the password of an index or registry URL", "byron-1815"),
    ]


def test_passwords_in_index_options_are_secrets_too() -> None:
    (secret,) = known_secrets({}, ["--extra-index-url https://u:hunter2-hunter2@x.example/s", "numpy"])
    assert secret.value.reveal() == "hunter2-hunter2"
    assert "hunter2" not in repr(secret)


def test_a_value_is_found_anywhere_also_across_two_pieces_and_in_packages() -> None:
    assert found("opt/x.py", b"..abcdefgh", b"12345..", authors=False) == ["/opt/x.py: the value of API_TOKEN"]
    assert found("a", b"", texts={"labels": "x=abcdefgh12345"}) == ["labels: the value of API_TOKEN"]
    assert found("a", b"abcdefgh1234") == []


def test_a_plain_word_counts_as_a_whole_word_and_not_in_packages() -> None:
    weak = known_secrets({"POSTGRES_PASSWORD": "postgres"})

    def found_in(data: bytes, *, authors: bool) -> int:
        return len(find_secrets([ImageFile(path="a", pieces=[data], is_authors=authors)], {}, weak))

    assert found_in(b"connect('postgres')", authors=True) == 1
    assert found_in(b"import postgresql", authors=True) == 0
    assert found_in(b"connect('postgres')", authors=False) == 0


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"-----BEGIN PRIVATE KEY-----", "a private key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        (b"-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key"),
        (b"id = 'AKIAIOSFODNN7EXAMPLE'", "an AWS access key id"),
    ],
)
def test_keys_are_found_in_the_authors_files_and_not_in_packages(data: bytes, kind: str) -> None:
    assert found("app/a.py", data) == [f"/app/a.py: {kind}"]
    assert found("opt/a.py", data, authors=False) == []


@pytest.mark.parametrize(
    "data", [b"-----BEGIN PUBLIC KEY-----", b"-----BEGIN CERTIFICATE-----", b"XAKIAIOSFODNN7EXAMPLE9"]
)
def test_what_is_no_key_is_left_alone(data: bytes) -> None:
    assert found("app/a.py", data) == []


@pytest.mark.parametrize("name", [".netrc", ".env", ".env.production", "id_ed25519", ".pypirc"])
def test_files_that_hold_credentials_are_known_by_their_name(name: str) -> None:
    assert found(f"app/sub/{name}", b"x") == [f"/app/sub/{name}: a file that holds credentials"]
    assert found(f"opt/{name}", b"x", authors=False) == []


def test_a_file_that_is_only_alike_is_left_alone() -> None:
    assert found("app/my.env.py", b"x") == []
    assert found("app/environment", b"x") == []


def test_a_finding_is_a_place_and_a_kind() -> None:
    assert (
        Found(place="labels", kind="a private key")
        == find_secrets([], {"labels": "-----BEGIN PRIVATE KEY-----"}, [])[0]
    )
