"""What a workspace's URL means. Pure: nothing is opened, and no setting is read.

Equal workspaces have equal URLs. A URL names the bucket or container, never the account, the endpoint or a credential:
those are the settings of whoever opens it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shipway.errors import StoreError

SCHEMES = ("s3", "az", "gs")

_ALIASES = {
    "s3a": "s3", "s3n": "s3", "gcs": "gs", "azure": "az", "adl": "az", "abfs": "az", "abfss": "az", "wasbs": "az",
}  # fmt: skip
_ONE_SLASH = re.compile(r"(s3|az|gs):/(?!/)")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
"""S3 allows 3 to 63 characters, Azure the same without dots, Google up to 222 with dots."""
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+-]*")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A prefix in a bucket (Azure's containers are called so, too). `prefix` has no slash at its ends."""

    scheme: str
    bucket: str
    prefix: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.prefix}".rstrip("/")


def is_remote(text: str) -> bool:
    """Whether it is a URL of anything but a folder. It may still be none that Shipway knows."""
    return "://" in text and not text.lower().startswith("file://")


def parse_place(text: str) -> Place:
    """Raises StoreError for what is no `s3://bucket/prefix`, `az://container/prefix` or `gs://bucket/prefix`.

    The text is never repeated where a credential may stand in it.
    """
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise StoreError(f"workspace {_bare(text)}: {_unknown(scheme)}")
    if "@" in rest or "?" in rest or "#" in rest:
        raise StoreError(
            f"workspace {_bare(text)}: a URL holds no credentials and no settings; "
            f"give {scheme}://NAME/PREFIX and put them into the environment"
        )
    bucket, *segments = [part for number, part in enumerate(rest.split("/")) if part or number == 0]
    if not _BUCKET.fullmatch(bucket):
        raise StoreError(
            f"workspace {text}: {bucket!r} is no name of a bucket; it has 3 or more of a-z, 0-9, dash and dot"
        )
    for segment in segments:
        if not _SEGMENT.fullmatch(segment):
            raise StoreError(
                f"workspace {text}: the prefix has {segment!r}; use letters, digits and . _ - = + between the slashes"
            )
    return Place(scheme=scheme, bucket=bucket, prefix="/".join(segments))


def folder_of(text: str) -> Path:
    """The whole path of a folder, given by its path or file:// URL. Raises StoreError."""
    if not text.strip():
        raise StoreError("the workspace's path is empty; give a folder or a URL")
    if "://" not in text:
        if typed := _ONE_SLASH.match(text):
            raise StoreError(f"workspace {text}: a URL has two slashes; write {typed[1]}://{text[typed.end() :]}")
        return Path(text).expanduser().resolve()
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise StoreError(f"workspace {text}: the folder of a file:// URL is on this machine; write file:///PATH")
    return Path(unquote(parts.path)).resolve()


def _unknown(scheme: str) -> str:
    if scheme in _ALIASES:
        return f"Shipway writes {scheme}:// as {_ALIASES[scheme]}://NAME/PREFIX; give it so"
    return "a workspace is a folder, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX or gs://BUCKET/PREFIX"


def _bare(text: str) -> str:
    """A URL without what may be a credential: user names, queries, fragments."""
    scheme, _, rest = text.partition("://")
    return f"{scheme}://{re.split(r'[?#]', rest)[0].rpartition('@')[2]}"
