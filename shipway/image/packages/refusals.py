"""What uv says when it fails, as one line that a person can act on. Pure."""

import re

MAX_REASON = 400

_DRAWING = re.compile(r"^[^\w`'\"(<\[]+")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@")
_BUILD = re.compile(r"Failed to (?:download and )?build `([^`]+)`")
_GIT = re.compile(rf"(?:{_BUILD.pattern}.*)?Git operation failed.*?(fatal: [^\n]+|$)", re.DOTALL)
_FETCH = re.compile(r"(?:Failed to fetch:?|error sending request for url) [`(]?(https?://[^\s`)]+)")
_STATUS = re.compile(r"\b(401|403)\b (?:Unauthorized|Forbidden)")
_OF_NO_USE = re.compile(r"warning:|hint: (?:Wheels are required for|.*--prerelease=allow)")
"""Hints at options that we have tried already."""

_OFTEN_CONFUSED = re.compile(r"hint: `[^`]+` is often confused for `([^`]+)`")


def reason_of(stderr: str) -> str:
    """uv's message as one bounded line, without the drawing around it, and what to do where uv does not say."""
    words = without_credentials(stderr)
    if "No space left on device" in words or "os error 28" in words:
        return "no space left on the device; free some, such as with `shipway gc`"
    if match := _GIT.search(words):
        return _of_git(match)
    if match := _BUILD.search(words):
        return _of_a_build(match[1], words)
    if (match := _FETCH.search(words)) and "invalid peer certificate" not in words:
        return _of_an_index(match[1], words)
    line = _one_line(words)
    return f"{_bounded(line)}{_of_certificates(line)}"


def is_of_the_network(words: str) -> bool:
    """Whether asking again with other versions would fail alike."""
    return bool(_FETCH.search(words) or "Git operation failed" in words or "invalid peer certificate" in words)


def without_credentials(text: str) -> str:
    """Every URL in it without the user and password that may stand in front of its host."""
    return _CREDENTIALS.sub("", text)


def _of_git(match: re.Match[str]) -> str:
    what = f"{match[1]} comes from a git repository" if match[1] else "a requirement comes from a git repository"
    said = f" ({match[2].strip()})" if match[2] else ""
    return (
        f"{what}, which cannot be reached from here{said}; release where it can be, put a wheel of it where pip looks "
        "(--find-links), or its code into the source directory"
    )


def _of_a_build(package: str, words: str) -> str:
    other = _OFTEN_CONFUSED.search(words)
    remedy = f"name {other[1]} instead" if other else "pin a version that has a wheel"
    said = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith(("hint:", "warning:"))]
    last = " ".join(said[1:])[-MAX_REASON // 2 :]
    return f"{package} has only its source for this Python, and that does not build; {remedy} (...{last})"


def _of_an_index(url: str, words: str) -> str:
    if status := _STATUS.search(words):
        return (
            f"{url} refuses with {status[0]}; put user and password into the index's URL (they reach no log and no "
            "workspace), or into ~/.netrc"
        )
    last = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith("hint:")][-1]
    return (
        f"{url} does not answer ({last.removeprefix('cause: ')}); check the network, or name another index "
        "(--index-url in the requirements, or UV_DEFAULT_INDEX)"
    )


def _one_line(words: str) -> str:
    lines = [_DRAWING.sub("", line).strip() for line in words.splitlines()]
    kept = [line for line in lines if line and not _OF_NO_USE.match(line)]
    text = " ".join(kept).removeprefix("error: ").replace(" cause: ", ": ").replace(". hint: ", "; hint: ")
    return re.sub(r" \(\d+\)(?= |$)", "", text.replace(" hint: ", "; hint: ").replace(";; hint: ", "; hint: "))


def _bounded(line: str) -> str:
    """The beginning and the end of a long proof: what clashes stands there."""
    if len(line) <= MAX_REASON:
        return line
    half = (MAX_REASON - 5) // 2
    return f"{line[:half]} ... {line[-half:]}"


def _of_certificates(reason: str) -> str:
    """uv trusts authorities of its own list, and not those of the machine."""
    if "invalid peer certificate" not in reason:
        return ""
    return (
        "; name a file with the authority's certificate in SSL_CERT_FILE (Debian has those that a machine trusts "
        "in /etc/ssl/certs/ca-certificates.crt)"
    )
