"""Looking for secrets in what an image holds. Pure: bytes in, findings out. A finding never carries the secret."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shipway.domain.secret import Secret

_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|_KEY", re.IGNORECASE)
_IN_A_URL = re.compile(r"://[^/@\s:]*:([^/@\s]+)@")
_PUBLIC = frozenset({"GPG_KEY"})
"""In the variables of Python's own images stands by whose key that Python is signed: in ours, and in those that Shipway
itself may run in."""

_SHORTEST = 8
"""Characters: shorter values, such as `true` or `1234`, stand everywhere and are nobody's secret."""

_WORD = re.compile(r"[A-Za-z]{1,11}")
"""Such as `postgres`, or `changeme`: it stands in many a package. It is looked for as a whole word, in the author's
files and the image's settings."""

_PATTERNS = (
    ("a private key", re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    ("an AWS access key id", re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
)
_LONGEST_PATTERN = 128
_NAMES = re.compile(
    r"(?:^|/)(?:\.netrc|_netrc|\.pypirc|\.git-credentials|\.pgpass|\.env(?:\.[\w-]+)?|id_(?:rsa|dsa|ecdsa|ed25519))$"
)


@dataclass(frozen=True, kw_only=True)
class KnownSecret:
    """A value that must not be found. `name` is where it comes from, for messages: never the value."""

    name: str
    value: Secret


@dataclass(frozen=True, kw_only=True)
class Found:
    """`place` is a file of the image, or `labels`, `variables`, `history`; `kind` says what stands there."""

    place: str
    kind: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}"


@dataclass(frozen=True, kw_only=True)
class ImageFile:
    """A file of our layers. In the author's own files more is looked for: packages carry keys for their tests."""

    path: str
    pieces: Iterable[bytes]
    is_authors: bool


def known_secrets(environment: Mapping[str, str], urls: Iterable[str] = ()) -> tuple[KnownSecret, ...]:
    """Of variables whose name says that they are secret, and passwords in URLs: the environment's, and `urls` (lines
    with index options, say). A variable that names a file or a URL is none itself."""
    found = [
        KnownSecret(name=f"the value of {name}", value=Secret(value))
        for name, value in sorted(environment.items())
        if _is_secret(name) and len(value) >= _SHORTEST and not value.startswith("/") and "://" not in value
    ]
    passwords = {match for text in [*environment.values(), *urls] for match in _IN_A_URL.findall(text)}
    found += [
        KnownSecret(name="the password of an index or registry URL", value=Secret(password))
        for password in sorted(passwords)
        if len(password) >= _SHORTEST
    ]
    return tuple(found)


def find_secrets(
    files: Iterable[ImageFile], texts: Mapping[str, str], known: Iterable[KnownSecret]
) -> tuple[Found, ...]:
    """`texts` are labels, variables and history by their name. Memory does not grow with the files."""
    wanted = [_wanted(secret) for secret in known]
    in_texts = (
        Found(place=place, kind=kind)
        for place, text in texts.items()
        for kind in _kinds_in([text.encode()], wanted, authors=True)
    )
    return (*in_texts, *(found for file in files for found in _in_file(file, wanted)))


def _is_secret(name: str) -> bool:
    return name not in _PUBLIC and _SECRET_NAME.search(name) is not None


@dataclass(frozen=True)
class _Wanted:
    name: str
    value: bytes
    word: re.Pattern[bytes] | None

    def is_in(self, data: bytes, *, authors: bool) -> bool:
        if self.value not in data:
            return False
        return self.word is None or (authors and self.word.search(data) is not None)


def _wanted(secret: KnownSecret) -> _Wanted:
    text = secret.value.reveal()
    value = text.encode()
    word = re.compile(rb"(?<![A-Za-z0-9_])" + value + rb"(?![A-Za-z0-9_])") if _WORD.fullmatch(text) else None
    return _Wanted(secret.name, value, word)


def _in_file(file: ImageFile, wanted: list[_Wanted]) -> Iterator[Found]:
    kinds = _kinds_in(file.pieces, wanted, authors=file.is_authors)
    if file.is_authors and _NAMES.search(file.path):
        kinds = ["a file that holds credentials", *kinds]
    yield from (Found(place=f"/{file.path}", kind=kind) for kind in kinds)


def _kinds_in(pieces: Iterable[bytes], wanted: list[_Wanted], *, authors: bool) -> list[str]:
    """What is found, each kind once. Pieces overlap by what the longest could lack."""
    found: dict[str, None] = {}
    overlap = max([_LONGEST_PATTERN, *(len(each.value) for each in wanted)])
    rest = b""
    for piece in pieces:
        window = rest + piece
        found |= {each.name: None for each in wanted if each.is_in(window, authors=authors)}
        if authors:
            found |= {kind: None for kind, pattern in _PATTERNS if pattern.search(window)}
        rest = window[-overlap:]
    return list(found)
