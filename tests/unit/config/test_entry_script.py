# ruff: noqa: E501 - tables of messages, a line each
from pathlib import Path

import pytest

from shipway.config.entry_script import OWN_PYTHON, check_entry_script, check_entry_text
from shipway.errors import ConfigError

RUN = "def run(raw_data):\n    return raw_data\n"


@pytest.mark.parametrize(
    "text",
    [
        f"def init():\n    pass\n{RUN}",
        "def init(): pass\nasync def run(raw_data): return raw_data\n",
        f"init = lambda: None\n{RUN}",
        f"init: object = print\n{RUN}",
        f"_, init = 1, print\n{RUN}",
        f"from somewhere import init\n{RUN}",
        f"from somewhere import start as init\n{RUN}",
        "from driver_module import init, run\n",
        f"if True:\n    def init(): pass\n{RUN}",
        f"if False:\n    pass\nelse:\n    def init(): pass\n{RUN}",
        f"try:\n    from fast import init\nexcept ImportError:\n    def init(): pass\n{RUN}",
        f"with open('/dev/null'):\n    def init(): pass\n{RUN}",
        "@rawhttp\ndef run(request): pass\nclass init: pass\n",
    ],
)
def test_init_and_run_may_be_bound_in_any_way_at_module_level(text: str) -> None:
    assert check_entry_text(text, "score.py") == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (RUN, "init()"),
        ("def init(): pass\n", "run()"),
        ("x = 1\n", "init() and run()"),
        (f"def outer():\n    def init(): pass\n{RUN}", "init()"),
        (f"class Model:\n    def init(self): pass\n{RUN}", "init()"),
        (f"import init.deep as other\n{RUN}", "init()"),
        (f"init: object\n{RUN}", "init()"),
    ],
)
def test_a_script_without_them_is_refused_by_name(text: str, names: str) -> None:
    with pytest.raises(ConfigError) as error:
        check_entry_text(text, "score.py")
    assert str(error.value) == (
        f"score.py: the entry script does not define {names} at module level; v1 scripts define init() and run()"
    )


def test_a_star_import_only_warns() -> None:
    assert check_entry_text(f"from base import *\n{RUN}", "score.py") == (
        "score.py: cannot tell whether init() comes with a star import; the smoke test decides",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def init():\n    pass\ndef run(x)\n", "score.py:3: the entry script does not parse: expected ':'"),
        ("print 'hello'\n", "score.py:1: the entry script does not parse: Missing parentheses in call to 'print'. Did you mean print(...)?"),
        (f"x = {'-' * 100_000}1\n", "score.py: the entry script does not parse: it is nested too deeply"),
        ("x = 1\0\n", "score.py:1: the entry script does not parse: source code string cannot contain null bytes"),
    ],
)  # fmt: skip
def test_a_syntax_error_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        check_entry_text(text, "score.py")
    assert str(error.value) == message


GOOD = "def init():\n    pass\ndef run(data):\n    return data\n"


@pytest.mark.parametrize(
    "source",
    [
        f"# -*- coding: latin-1 -*-\n# caf\u00e9\n{GOOD}".encode("latin-1"),
        f"# caf\u00e9\n{GOOD}".encode("utf-8-sig"),
        GOOD.replace("\n", "\r\n").encode(),
    ],
)
def test_a_script_is_read_as_python_reads_it(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "score.py").write_bytes(source)
    assert check_entry_script(tmp_path / "score.py") == ()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (GOOD.encode("utf-16"), ": is UTF-16 text, which no Python reads; save the file as UTF-8"),
        (f"\n# caf\u00e9\n{GOOD}".encode("latin-1"), ":2: is not UTF-8 text; save the file as UTF-8"),
        (f"{GOOD}# caf\u00e9\n".encode("latin-1"), ":5: is not UTF-8 text; save the file as UTF-8"),
        (b"# coding: none\n", ":1: the entry script does not parse: unknown encoding: none"),
        (GOOD.encode() + b"\0", ": is a binary file; name a text file"),
    ],
)
def test_a_script_that_python_cannot_read_is_refused(tmp_path: Path, source: bytes, message: str) -> None:
    (tmp_path / "score.py").write_bytes(source)
    with pytest.raises(ConfigError) as error:
        check_entry_script(tmp_path / "score.py")
    assert str(error.value) == f"{tmp_path}/score.py{message}"


def test_a_script_for_a_python_whose_grammar_ours_has_not_is_left_to_that_python() -> None:
    text = "def init(): pass\ndef run(data, async=True): pass\n"
    for pin in ("3.6.2", "3.6", ">=3.5,<3.7", "3.99"):
        (warning,) = check_entry_text(text, "score.py", python=pin)
        assert warning.startswith(f"score.py:2: does not parse on Python {OWN_PYTHON}: ")
        assert warning.endswith(f"; the asset's own, {pin}, decides")
    for pin in (None, "3.7", OWN_PYTHON):
        with pytest.raises(ConfigError, match=r"^score\.py:2: the entry script does not parse: "):
            check_entry_text(text, "score.py", python=pin)
