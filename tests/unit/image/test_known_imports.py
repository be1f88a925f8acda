import pytest

from shipway.image.known_imports import skeleton

SCRIPT = b"import numpy\nX = 1\ndef init():\n    import joblib\n    return 1\ndef run(data):\n    return data\n"


def of(script: bytes, **others: bytes) -> str | None:
    return skeleton({"score.py": script, **others}, "3.8")


@pytest.mark.parametrize(
    "changed",
    [
        SCRIPT.replace(b"return data", b"return data * 2"),
        SCRIPT.replace(b"return 1", b"return 2"),
        b"# a comment\n" + SCRIPT,
        SCRIPT.replace(b"def run", b"def  run"),
    ],
)
def test_what_functions_do_asks_for_no_new_test(changed: bytes) -> None:
    assert of(changed) == of(SCRIPT) is not None


@pytest.mark.parametrize(
    "changed",
    [
        SCRIPT.replace(b"numpy", b"pandas"),
        SCRIPT.replace(b"joblib", b"pickle"),
        SCRIPT.replace(b"X = 1", b"X = 2"),
        SCRIPT.replace(b"return data", b"import scipy; return data"),
        SCRIPT.replace(b"return data", b"async def inner():\n        import scipy\n    return data"),
        SCRIPT.replace(b"def run", b"@numpy.vectorize\ndef run"),
    ],
)
def test_what_importing_runs_does(changed: bytes) -> None:
    assert of(changed) != of(SCRIPT)


def test_the_authors_own_modules_count() -> None:
    assert of(SCRIPT, own=b"import a") != of(SCRIPT, own=b"import b")
    assert of(SCRIPT, own=b"def f(): return 1") == of(SCRIPT, own=b"def f(): return 2")


@pytest.mark.parametrize("script", [b"def run(data:\n", b"\0", b"def run(d):\n    match d:\n        case 1: pass\n"])
def test_of_what_that_python_does_not_parse_nothing_is_known(script: bytes) -> None:
    assert of(script) is None
