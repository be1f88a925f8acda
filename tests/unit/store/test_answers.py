import pytest

from shipway.errors import RecordMissing, StoreError, StoreUnavailable
from shipway.store.answers import meaning, parse_answer

_HTTP = "Generic S3 error: Error performing GET https://s3.example.org/b/k?X-Amz-Signature=HIDDEN in 4ms - "
_STATUS = "Server returned non-2xx status code: "


def _refusal(status: str, code: str = "", message: str = "") -> str:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>" if code else ""
    return f'{_HTTP}{_STATUS}{status}: {body}\n\nDebug source:\nGeneric {{ message: "HIDDEN" }}'


_NO_ANSWER = f"{_HTTP}HTTP error: error sending request\n\nDebug source:\n"
_INSTANCE = "http://169.254.169.254"
_FORBIDDEN = "does not let your credentials read or write k; check them, and what they may do"
_UNREACHABLE = "cannot be reached; check the network and the endpoint that is set, or try again"
_EXPIRED = "your credentials have expired; sign in again"
_NO_CREDENTIALS = "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_WRONG = "does not accept your credentials; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (
            _refusal("403 Forbidden", "SignatureDoesNotMatch", "Check your key"),
            StoreError,
            f"workspace s3://b {_WRONG} (403 SignatureDoesNotMatch: Check your key)",
        ),
        (_refusal("403 Forbidden"), StoreError, f"workspace s3://b {_FORBIDDEN} (403)"),
        (
            "Generic S3 error: DeleteObjects request failed for key k: Access Denied (code: AccessDenied)",
            StoreError,
            f"workspace s3://b {_FORBIDDEN} (AccessDenied)",
        ),
        (
            _refusal("400 Bad Request", "ExpiredToken", "The provided token has expired."),
            StoreError,
            f"workspace s3://b: {_EXPIRED} (400 ExpiredToken: The provided token has expired.)",
        ),
        (
            _refusal("400 Bad Request", "AuthorizationHeaderMalformed", "wrong"),
            StoreError,
            "workspace s3://b: the bucket is in another region; set AWS_REGION to the bucket's "  # noqa: ISC004
            "(400 AuthorizationHeaderMalformed: wrong)",
        ),
        (_refusal("404 Not Found"), RecordMissing, "k is not in workspace s3://b (404)"),
        (
            _refusal("503 Service Unavailable", "ServerBusy", "Busy"),
            StoreUnavailable,
            "workspace s3://b has too many requests and turned away k; try again later (503 ServerBusy: Busy)",
        ),
        (
            _refusal("500 Internal Server Error", "InternalError", "Oops"),
            StoreUnavailable,
            "workspace s3://b did not answer over k; try again (500 InternalError: Oops)",
        ),
        (
            _refusal("400 Bad Request", "EntityTooLarge", "Too large"),
            StoreError,
            "workspace s3://b refused k (400 EntityTooLarge: Too large)",
        ),
        (
            f'{_NO_ANSWER}Os {{ code: 111, message: "Connection refused" }}',
            StoreUnavailable,
            f"workspace s3://b {_UNREACHABLE} (Connection refused)",
        ),
        *(
            (
                f"{_NO_ANSWER}{words}",
                StoreUnavailable,
                f"workspace s3://b {_UNREACHABLE} (the connection broke off)",
            )
            for words in (
                "hyper::Error(IncompleteMessage)",
                'Os { code: 32, kind: BrokenPipe, message: "Broken pipe" }',
                'Os { code: 104, kind: ConnectionReset, message: "Connection reset by peer" }',
            )
        ),
        (
            f"{_NO_ANSWER}kind: Timeout, source: TimedOut",
            StoreUnavailable,
            f"workspace s3://b {_UNREACHABLE} (no answer in time)",
        ),
        (
            f"{_NO_ANSWER}Custom {{ kind: InvalidData, error: InvalidCertificate(UnknownIssuer) }}",
            StoreUnavailable,
            f"workspace s3://b {_UNREACHABLE} (its certificate is not trusted; SSL_CERT_FILE names more)",
        ),
        (
            f"Error performing PUT {_INSTANCE}/latest/api/token in 1s - HTTP error: error sending request",
            StoreError,
            f"workspace s3://b: {_NO_CREDENTIALS} (no connection)",
        ),
        (
            f"Error performing token request: GET {_INSTANCE}/metadata/identity/?HIDDEN - {_STATUS}400",
            StoreError,
            f"workspace s3://b: {_NO_CREDENTIALS} (400)",
        ),
    ],
)
def test_what_a_store_said_is_told_with_the_way_out(text: str, kind: type[StoreError], expected: str) -> None:
    answer = parse_answer(text)
    assert answer is not None
    found = meaning(answer, key="k", where="s3://b")
    assert (type(found), str(found)) == (kind, expected)
    assert "HIDDEN" not in str(found)


@pytest.mark.parametrize("text", ["x: No space left on device (os error 28)", "timed out", "k: Permission denied"])
def test_what_did_not_come_from_the_network_is_none(text: str) -> None:
    assert parse_answer(text) is None
