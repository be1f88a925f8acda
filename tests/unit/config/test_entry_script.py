# ruff: noqa: E501 - tables of messages, a line each
import pytest

from shipway.config.entry_script import check_entry_text
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
