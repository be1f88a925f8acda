"""What a bucket's refusal means. Pure: obstore folds the HTTP answer into a text, and here it is taken apart again.

The codes are those of S3 (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) and of Azure Blob
(learn.microsoft.com/rest/api/storageservices/blob-service-error-codes); most were seen from moto and Azurite.
"""

import re
from dataclasses import dataclass

from shipway.errors import RecordMissing, StoreError, StoreUnavailable

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>|\(code: (\w+)\)")
_MESSAGE = re.compile(r"<Message>([^<\n]+)")
_NO_CONNECTION = re.compile(r"HTTP error: |error performing token request", re.IGNORECASE)
_CAUSE = re.compile(r'(?:message|error): "([^"]+)"')
_METADATA_SERVICE = re.compile(r"/latest/(?:api/token|meta-data)|/computeMetadata/|/metadata/identity/|token request")
_BY_CODE = {
    "NoSuchBucket": "no bucket",
    "ContainerNotFound": "no bucket",
    "InvalidAccessKeyId": "wrong key",
    "SignatureDoesNotMatch": "wrong key",
    "AuthenticationFailed": "wrong key",
    "InvalidAuthenticationInfo": "wrong key",
    "NoAuthenticationInformation": "wrong key",
    "ExpiredToken": "expired",
    "InvalidToken": "expired",
    "RequestTimeTooSkewed": "clock",
    "PermanentRedirect": "region",
    "AuthorizationHeaderMalformed": "region",
    "AccessDenied": "forbidden",
    "SlowDown": "busy",
    "ServerBusy": "busy",
}
_BY_STATUS = {
    301: "region",
    307: "region",
    401: "wrong key",
    403: "forbidden",
    404: "missing",
    408: "busy",
    429: "busy",
    503: "busy",
}

_KEYS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "az": "AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
}
"""Where credentials stand, for whoever has none; docs/how-to/share-a-workspace.md has the other ways."""

_SENTENCES: dict[str, tuple[type[StoreError], str]] = {
    "no credentials": (StoreError, "workspace {where}: no credentials were found; set {keys}"),
    "no bucket": (
        StoreError,
        "workspace {where}: there is no such bucket or container; check its name and the account, or make it",
    ),
    "wrong key": (StoreError, "workspace {where} does not accept your credentials; check {keys}"),
    "expired": (StoreError, "workspace {where}: your credentials have expired; sign in again"),
    "clock": (StoreError, "workspace {where}: this machine's clock is too far from the store's; set it right"),
    "region": (StoreError, "workspace {where}: the bucket is in another region; set AWS_REGION to the bucket's"),
    "forbidden": (
        StoreError,
        "workspace {where} does not let your credentials read or write {key}; check them, and what they may do",
    ),
    "busy": (StoreUnavailable, "workspace {where} has too many requests and turned away {key}; try again later"),
    "unreachable": (
        StoreUnavailable,
        "workspace {where} cannot be reached; check the network and the endpoint that is set, or try again",
    ),
    "failing": (StoreUnavailable, "workspace {where} did not answer over {key}; try again"),
    "missing": (RecordMissing, "{key} is not in workspace {where}"),
    "refused": (StoreError, "workspace {where} refused {key}"),
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`status` is None when there was no answer at all. `reason` is short, in one line, and holds no credential."""

    status: int | None
    code: str
    reason: str
    asked_for_credentials: bool


_BROKEN = ("IncompleteMessage", "Broken pipe", "Connection reset by peer")
"""The client's word for an answer that ended early, and the system's for a peer that is gone: which one is chance."""


def parse_answer(text: str) -> Answer | None:
    """From the text of obstore's exception, its debug dump included; None when it does not come from the network."""
    first = re.sub(r"\?\S*", "", text.partition("\n")[0])
    status, code = _STATUS.search(text), _CODE.search(text)
    asked = _METADATA_SERVICE.search(first) is not None
    if status is None and code is None:
        if not _NO_CONNECTION.search(first):
            return None
        cause = _CAUSE.search(text)
        reason = cause[1] if cause and not cause[1].startswith(_BROKEN) else _last_words(text)
        return Answer(status=None, code="", reason=reason[:200], asked_for_credentials=asked)
    name = (code[1] or code[2]) if code else ""
    said = _MESSAGE.search(text)
    words = [status[1] if status else "", f"{name}:" if name and said else name, said[1].strip()[:160] if said else ""]
    reason = " ".join(word for word in words if word)
    number = int(status[1]) if status else int(name) if name.isdecimal() else None
    return Answer(status=number, code=name, reason=reason, asked_for_credentials=asked)


def meaning(answer: Answer, *, key: str, where: str) -> StoreError:
    kind, sentence = _SENTENCES[_which(answer)]
    keys = _KEYS.get(where.partition("://")[0], "your credentials")
    return kind(f"{sentence.format(key=key, where=where, keys=keys)} ({answer.reason})")


def _which(answer: Answer) -> str:
    if answer.asked_for_credentials:
        return "no credentials"
    if found := _BY_CODE.get(answer.code) or _BY_STATUS.get(answer.status or 0):
        return found
    if answer.status is None:
        return "refused" if answer.code else "unreachable"
    return "failing" if answer.status >= 500 else "refused"


def _last_words(text: str) -> str:
    """What a dump without a message ends in: `TimedOut`, `IncompleteMessage`."""
    if "InvalidCertificate" in text:
        return "its certificate is not trusted; SSL_CERT_FILE names more"
    if "TimedOut" in text or "kind: Timeout" in text:
        return "no answer in time"
    return "the connection broke off" if any(word in text for word in _BROKEN) else "no connection"
