"""What is said when uv fails; the texts of uv are its own (uv 0.13)."""

import pytest

from shipway.image.packages.refusals import MAX_REASON, is_of_the_network, reason_of, without_credentials

GIT = """error: Failed to download and build `foo @ git+https://github.com/a/b.git@v1`
  cause: Git operation failed
  cause: failed to clone into: /root/.cache/uv/git-v2/db/087775e403e1bfe8
  cause: process didn't exit successfully: `/usr/bin/git fetch ...` (exit status: 128)
         --- stderr
         fatal: unable to access 'https://github.com/a/b.git/': Could not resolve host: github.com
"""

SKLEARN = """error: Failed to build `sklearn==0.0.post12`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta:__legacy__.get_requires_for_build_wheel` failed (exit status: 1)

         [stderr]
         The 'sklearn' PyPI package is deprecated, use 'scikit-learn'

hint: `sklearn` is often confused for `scikit-learn`. Did you mean to install `scikit-learn` instead?

hint: Build failures usually indicate a problem with the package or the build environment
"""

SILENT = """error: Request failed after 3 retries in 10.0s
  cause: Failed to fetch: https://ada:byron@nowhere.invalid/simple/x/
  cause: error sending request for url (https://ada:byron@nowhere.invalid/simple/x/)
  cause: dns error
  cause: failed to lookup address information: Name or service not known
"""

REFUSED = """error: Failed to fetch: `https://index.example/simple/x/`
  cause: HTTP status client error (401 Unauthorized) for url (https://index.example/simple/x/)
"""

CLASH = """error: No solution found when resolving dependencies
  cause: Because flask==2.0.1 depends on werkzeug>=2.0 and you require flask==2.0.1, we can conclude that you require
         werkzeug>=2.0. (1)

         And because you require werkzeug==0.16.1, we can conclude that your requirements are unsatisfiable.
"""


OF_GIT = (
    "foo @ git+https://github.com/a/b.git@v1 comes from a git repository, which cannot be reached from here "
    "(fatal: unable to access 'https://github.com/a/b.git/': Could not resolve host: github.com); release where "
    "it can be, put a wheel of it where pip looks (--find-links), or its code into the source directory"
)
OF_SILENCE = (
    "https://nowhere.invalid/simple/x/ does not answer (failed to lookup address information: Name or service "
    "not known); check the network, or name another index (--index-url in the requirements, or "
    "UV_DEFAULT_INDEX)"
)
OF_A_REFUSAL = (
    "https://index.example/simple/x/ refuses with 401 Unauthorized; put user and password into the index's URL "
    "(they reach no log and no workspace), or into ~/.netrc"
)
OF_A_CLASH = (
    "No solution found when resolving dependencies: Because flask==2.0.1 depends on werkzeug>=2.0 and you "
    "require flask==2.0.1, we can conclude that you require werkzeug>=2.0. And because you require "
    "werkzeug==0.16.1, we can conclude that your requirements are unsatisfiable."
)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (GIT, OF_GIT),
        (SILENT, OF_SILENCE),
        (REFUSED, OF_A_REFUSAL),
        (CLASH, OF_A_CLASH),
        (
            "error: Failed to install: x.whl\n  Caused by: failed to write: No space left on device (os error 28)\n",
            "no space left on the device; free some, such as with `shipway gc`",
        ),
    ],
)
def test_a_refusal_says_what_happened_and_what_to_do(words: str, reason: str) -> None:
    assert reason_of(words) == reason


def test_a_source_that_does_not_build_is_named_with_what_was_meant() -> None:
    reason = reason_of(SKLEARN)
    assert reason.startswith(
        "sklearn==0.0.post12 has only its source for this Python, and that does not build; name scikit-learn instead ("
    )
    assert reason.endswith("[stderr] The 'sklearn' PyPI package is deprecated, use 'scikit-learn')")


def test_a_long_proof_keeps_its_beginning_and_its_end() -> None:
    proof = "error: No solution found\n  cause: " + "Because of this and that. " * 50 + "And so it clashes.\n"
    reason = reason_of(proof)
    assert len(reason) <= MAX_REASON
    assert reason.startswith("No solution found: Because of this")
    assert reason.endswith("And so it clashes.")
    assert "\n" not in reason


def test_older_drawings_are_taken_away() -> None:
    drawn = (
        "warning: x\n  \u00d7 No solution found when resolving dependencies:\n"
        "  ╰─▶ Because a==1 depends on b\n      and c, no.\n"
    )
    assert reason_of(drawn) == "No solution found when resolving dependencies: Because a==1 depends on b and c, no."


def test_what_is_not_the_versions_fault_is_known() -> None:
    assert is_of_the_network(SILENT)
    assert is_of_the_network(GIT)
    assert not is_of_the_network(CLASH)


def test_reasons_lose_their_credentials() -> None:
    assert "byron" not in reason_of(SILENT)
    assert without_credentials("a @ https://x.example/a@b.whl") == "a @ https://x.example/a@b.whl"
