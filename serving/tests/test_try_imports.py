"""The import test of a script in the environment that was built for it, and what it takes to run one."""

import ast
import json
import os
import pathlib
import subprocess
import sys
from typing import Any, Dict, List, Optional

import pytest

from shipway_serving.asset.import_names import packages, packages_of
from shipway_serving.asset.import_statements import steps_of

PACKAGE_PARENT = pathlib.Path(__file__).resolve().parents[1]


def ask(folder: pathlib.Path, *arguments: str, variables: Optional[Dict[str, str]] = None) -> Any:
    """The document, and what was said on stderr."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE_PARENT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "shipway_serving.asset.try_imports", *arguments],
        cwd=str(folder),
        env=dict(base, **(variables or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=True,
    )
    return json.loads(done.stdout), done.stderr


def imports_of(folder: pathlib.Path, text: str, **files: str) -> List[Dict[str, Any]]:
    (folder / "score.py").write_text(text)
    for name, content in files.items():
        (folder / f"{name}.py").write_text(content)
    document, _ = ask(folder, "score.py")
    assert document["syntax"] is None
    return list(document["imports"])


def steps(text: str) -> List[Any]:
    """Module and whether it is optional, of each import."""
    return [(step.module, step.optional) for step in steps_of(ast.parse(text)) if step.module]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a, b.c as d", [("a", False), ("b.c", False)]),
        ("from a.b import *", [("a.b", False)]),
        ("from . import a", [(".", False)]),
        ("from __future__ import print_function", []),
        ("try:\n    import a\nexcept ImportError:\n    import b", [("a", True), ("b", True)]),
        ("try:\n    import a\nexcept (KeyError, Exception):\n    pass", [("a", True)]),
        ("try:\n    import a\nexcept KeyError:\n    pass\nfinally:\n    import b", [("a", False), ("b", False)]),
        ("if x:\n    import a\nelse:\n    import b", [("a", True), ("b", True)]),
        ("if __name__ == '__main__':\n    import a\nelse:\n    import b", [("b", False)]),
        ("if typing.TYPE_CHECKING:\n    import a", []),
        ("with x:\n    import a", [("a", False)]),
        ("for x in y:\n    import a", [("a", True)]),
        ("class A:\n    import a", [("a", False)]),
        ("def init():\n    import a\nasync def run(data):\n    import b", []),
        ("import spacy\nspacy.cli.download('en')\nimport en", [("spacy", False), ("en", True)]),
        ("os.system('python -m spacy download en')\nimport en", [("en", True)]),
        (
            "import a\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'b'])\nimport b",
            [("a", False), ("b", True)],
        ),
        ("import pip\npip.main(['install', 'b'])\nimport b", [("pip", False), ("b", True)]),
        ("'''First: pip install b'''\nimport b", [("b", False)]),
        ("HOW = 'conda install b'\nimport b", [("b", False)]),
        ("print('the pipeline is installed')\nimport b", [("b", False)]),
    ],
)
def test_what_runs_at_import_is_tried_and_what_may_fail_is_optional(text: str, expected: List[Any]) -> None:
    assert steps(text) == expected


def test_imports_that_work_and_that_do_not_are_told_with_line_package_and_remedy(tmp_path: pathlib.Path) -> None:
    good, bad, unknown = imports_of(tmp_path, "import json\n\nimport cv2.dnn\nfrom nowhere_known import a\n")
    assert (good["module"], good["ok"], good["error"]) == ("json", True, None)
    assert (bad["module"], bad["file"], bad["line"], bad["ok"], bad["optional"]) == (
        "cv2.dnn",
        "score.py",
        3,
        False,
        False,
    )
    assert bad["error"] == "ModuleNotFoundError: No module named 'cv2'"
    assert (bad["missing"], bad["packages"][0]) == ("cv2", "opencv-python-headless")
    assert bad["remedy"] == "cv2: add opencv-python-headless to the environment"
    assert unknown["remedy"] == (
        "nowhere_known: add the package that brings it to the environment, or the module to the source directory"
    )


def test_an_import_that_fails_in_the_authors_own_module_is_told_where_it_stands(tmp_path: pathlib.Path) -> None:
    (told,) = imports_of(tmp_path, "import helper\n", helper="import os\n\nfrom absent_here import (\n    a,\n)\n")
    assert (told["module"], told["file"], told["missing"]) == ("helper", "helper.py", "absent_here")
    assert told["line"] in {3, 4}
    assert told["optional"] is False


def test_a_module_of_the_authors_that_wants_its_model_is_not_the_environments_fault(tmp_path: pathlib.Path) -> None:
    (told,) = imports_of(tmp_path, "import helper\n", helper="model = open('model.pkl')\n")
    assert (told["ok"], told["optional"], told["line"]) == (False, True, 1)
    assert told["error"].startswith("FileNotFoundError: ")


def test_a_module_of_the_authors_that_does_not_parse_is_told_with_its_line(tmp_path: pathlib.Path) -> None:
    (told,) = imports_of(tmp_path, "import helper\n", helper="x = 1\nprint 'x'\n")
    assert (told["file"], told["line"], told["optional"]) == ("helper.py", 2, False)
    assert told["error"].startswith("SyntaxError: ")


def test_folders_that_the_script_adds_to_the_path_are_looked_into(tmp_path: pathlib.Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "mine.py").write_text("")
    text = "import os, sys\nHERE = os.path.dirname(os.path.abspath(__file__))\nLIB = os.path.join(HERE, 'lib')\n"
    told = imports_of(tmp_path, text + "sys.path.insert(0, LIB)\nimport mine\n")
    assert [one["ok"] for one in told] == [True, True, True]


def test_after_a_path_that_cannot_be_made_here_nothing_is_certain(tmp_path: pathlib.Path) -> None:
    text = "import sys, os\nsys.path.append(os.environ['ONLY_THERE'])\nimport absent_here\n"
    told = imports_of(tmp_path, text)[-1]
    assert (told["ok"], told["optional"]) == (False, True)


def test_a_module_that_the_script_finds_by_a_function_is_not_called_missing(tmp_path: pathlib.Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "mine.py").write_text("")
    (tmp_path / "score.py").write_text(
        "import sys\ndef add():\n    sys.path.append('lib')\nadd()\nimport mine\nimport absent_here\n"
    )
    document, _ = ask(tmp_path, "score.py", variables={"AZUREML_SOURCE_DIRECTORY": "."})
    told = {one["module"]: one for one in document["imports"]}
    assert (told["mine"]["ok"], told["mine"]["optional"]) == (False, True)
    assert (told["absent_here"]["ok"], told["absent_here"]["optional"]) == (False, False)


def test_modules_that_the_script_puts_in_place_itself_are_there(tmp_path: pathlib.Path) -> None:
    text = "import sys, json\nsys.modules['old.json'] = json\nsys.modules['old'] = json\nimport old.json\n"
    assert all(one["ok"] for one in imports_of(tmp_path, text))


def test_stand_ins_are_there_and_a_name_that_they_lack_names_the_real_package(tmp_path: pathlib.Path) -> None:
    model, automl = imports_of(tmp_path, "from azureml.core.model import Model\nimport azureml.automl.runtime\n")
    assert model["ok"] is True
    assert automl["remedy"].startswith("azureml.automl.runtime: add azureml-automl-runtime to the environment")


def test_an_import_that_ends_or_kills_the_process_is_told_and_what_came_before_stays(tmp_path: pathlib.Path) -> None:
    told = imports_of(tmp_path, "import json\nimport helper\nimport os\n", helper="import os\nos._exit(7)\n")
    assert [one["ok"] for one in told] == [True, False]
    assert told[1]["error"] == "the process ended itself with exit code 7"
    told = imports_of(tmp_path, "import helper\n", helper="import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    assert told[0]["error"] == "the process was ended by SIGSEGV: native code crashed, or memory ran out"
    told = imports_of(tmp_path, "import helper\nimport json\n", helper="raise SystemExit('no licence')\n")
    assert [one["ok"] for one in told] == [False, True]
    assert told[0]["error"] == "SystemExit: no licence"


def test_an_import_without_an_end_is_told_and_its_children_end_with_it(tmp_path: pathlib.Path) -> None:
    sleeper = "[sys.executable, '-c', 'import time; time.sleep(600)']"
    helper = f"import subprocess, sys, time\nchild = subprocess.Popen({sleeper})\n"
    (tmp_path / "helper.py").write_text(helper + "open('pid', 'w').write(str(child.pid))\ntime.sleep(600)\n")
    (tmp_path / "score.py").write_text("import helper\n")
    document, _ = ask(tmp_path, "score.py", "--timeout-s", "2")
    (told,) = document["imports"]
    assert (told["ok"], told["error"]) == (True, "it was still being imported after 2 s")
    pid = int((tmp_path / "pid").read_text())
    stat = pathlib.Path(f"/proc/{pid}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_what_imports_print_stays_out_of_the_document(tmp_path: pathlib.Path) -> None:
    (tmp_path / "helper.py").write_text(
        "import os\nprint('printed')\nos.write(1, b'written')\nos.system('echo echoed')\n"
    )
    (tmp_path / "score.py").write_text("import helper\n")
    document, stderr = ask(tmp_path, "score.py")
    assert document["imports"][0]["ok"] is True
    assert all(word in stderr for word in ("printed", "written", "echoed"))


def test_the_authors_folder_comes_last_and_the_source_directory_is_on_the_path(tmp_path: pathlib.Path) -> None:
    (tmp_path / "src" / "x").mkdir(parents=True)
    (tmp_path / "src" / "mine.py").write_text("")
    (tmp_path / "json.py").write_text("raise RuntimeError('the wrong json')\n")
    (tmp_path / "src" / "x" / "beside.py").write_text("")
    (tmp_path / "src" / "x" / "score.py").write_text("import json\nimport mine\nimport beside\n")
    variables = {"AML_APP_ROOT": str(tmp_path), "AZUREML_SOURCE_DIRECTORY": "src"}
    document, _ = ask(tmp_path, "src/x/score.py", variables=variables)
    assert [one["ok"] for one in document["imports"]] == [True, True, False]
    assert document["imports"][2]["file"] == os.path.join("src", "x", "score.py")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"x = 1\nprint 'x'\n", 2, ""),
        ("import json\n".encode("utf-16"), 1, ""),
        (bytes(range(256)), 1, ""),
        (b"(" * 100_000, 1, ""),
        (b"x = '\xe9'\n", 1, "utf-8"),
    ],
)
def test_a_script_that_this_python_cannot_parse_is_told_with_its_line(
    tmp_path: pathlib.Path, content: bytes, line: int, words: str
) -> None:
    (tmp_path / "score.py").write_bytes(content)
    for arguments in (["score.py"], ["score.py", "--only-parse"]):
        document, _ = ask(tmp_path, *arguments)
        assert (document["syntax"]["file"], document["syntax"]["line"]) == ("score.py", line)
        assert words in document["syntax"]["message"]
        assert document["imports"] == []


def test_only_parsing_takes_several_files_and_runs_none(tmp_path: pathlib.Path) -> None:
    (tmp_path / "score.py").write_text("raise SystemExit(1)\n")
    (tmp_path / "helper.py").write_text("x = = 1\n")
    document, _ = ask(tmp_path, "score.py", "helper.py", "absent.py", "--only-parse")
    assert (document["syntax"]["file"], document["syntax"]["line"], document["imports"]) == ("helper.py", 1, [])
    document, _ = ask(tmp_path, "absent.py", "--only-parse")
    assert document["syntax"]["message"] == "it cannot be read: No such file or directory"


def test_a_script_on_what_is_new_and_one_on_what_is_gone_are_judged_by_this_python(tmp_path: pathlib.Path) -> None:
    (tmp_path / "walrus.py").write_text("if (n := 1): pass\n")
    (tmp_path / "old.py").write_text("async = 1\n")
    walrus, _ = ask(tmp_path, "walrus.py", "--only-parse")
    old, _ = ask(tmp_path, "old.py", "--only-parse")
    assert (walrus["syntax"] is None) == (sys.version_info >= (3, 8))
    assert (old["syntax"] is None) == (sys.version_info < (3, 7))


def test_a_script_is_followed_into_its_source_directory_without_running_any_of_it(tmp_path: pathlib.Path) -> None:
    for folder in ("src/pkg", "src/x/y"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "src" / "pkg" / "__init__.py").write_text("import requests\n")
    (tmp_path / "src" / "pkg" / "inner.py").write_text("from . import other\nfrom .other import thing\n")
    (tmp_path / "src" / "pkg" / "other.py").write_text("import yaml\nraise SystemExit\n")
    (tmp_path / "src" / "json.py").write_text("import never\n")
    (tmp_path / "src" / "x" / "y" / "beside.py").write_text("import never\n")
    script = tmp_path / "src" / "x" / "y" / "score.py"
    script.write_text(
        "import json, beside\nfrom pkg import inner\nfrom src.pkg.other import thing\n"
        "def init():\n    import numpy\nclass A:\n    def run(self):\n        try:\n            import cv2\n"
        "        except ImportError:\n            pass\n"
    )
    document, _ = ask(tmp_path, "src/x/y/score.py", "--list", "--source-directory", "src")
    assert document["files"] == ["x/y/score.py", "pkg/__init__.py", "pkg/inner.py", "pkg/other.py"]
    assert (document["syntax"], document["unsure"]) == (None, False)
    told = {one["module"]: one for one in document["imports"]}
    assert {name for name, one in told.items() if one["local"]} == {"pkg", "src.pkg.other", ".", ".other"}
    assert told["pkg"]["names"] == ["inner"]
    assert told["beside"]["beside"] == "x/y/beside.py"
    assert told["json"]["local"] is False
    assert (told["numpy"]["function"], told["numpy"]["optional"]) == ("init", False)
    assert (told["cv2"]["function"], told["cv2"]["optional"]) == ("a function", True)
    assert (told["yaml"]["file"], told["yaml"]["line"]) == ("pkg/other.py", 1)


def test_a_module_that_lies_where_nobody_looks_is_told_with_its_place(tmp_path: pathlib.Path) -> None:
    (tmp_path / "src" / "lib" / "deep" / "pkg").mkdir(parents=True)
    (tmp_path / "src" / "lib" / "deep" / "mine.py").write_text("")
    (tmp_path / "src" / "lib" / "deep" / "pkg" / "__init__.py").write_text("")
    (tmp_path / "src" / "lib" / "json.py").write_text("")
    (tmp_path / "src" / "score.py").write_text("import mine, json, nowhere\nfrom pkg.inner import x\n")
    document, _ = ask(tmp_path, "src/score.py", "--list", "--source-directory", "src")
    assert [(one["module"], one["beside"]) for one in document["imports"]] == [
        ("mine", "lib/deep/mine.py"),
        ("json", None),
        ("nowhere", None),
        ("pkg.inner", "lib/deep/pkg/__init__.py"),
    ]


def test_a_lone_script_has_nothing_beside_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "score.py").write_text("import helper\nfrom . import other\n")
    (tmp_path / "helper.py").write_text("import never\n")
    document, _ = ask(tmp_path, "score.py", "--list")
    assert document["files"] == ["score.py"]
    assert [(one["module"], one["local"], one["beside"]) for one in document["imports"]] == [
        ("helper", False, "helper.py"),
        (".", False, None),
    ]


@pytest.mark.parametrize(
    ("text", "unsure"),
    [
        ("import sys\nsys.path.append('lib')\n", True),
        ("import sys\nprint(sys.path)\n", True),
        ("import sys\ndef init():\n    sys.path.insert(0, 'lib')\n", True),
        ("import os\nos.system('pip install x')\n", True),
        ("import os\nos.environ['A'] = 'b'\n", False),
    ],
)
def test_whether_a_script_looks_where_only_it_knows_is_told(tmp_path: pathlib.Path, text: str, unsure: bool) -> None:
    (tmp_path / "score.py").write_text(text)
    document, _ = ask(tmp_path, "score.py", "--list")
    assert document["unsure"] is unsure


def test_a_module_that_does_not_parse_counts_where_the_script_cannot_go_on_without_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "bad.py").write_text("x = 1\nprint 'x'\n")
    (tmp_path / "score.py").write_text("import bad\n")
    document, _ = ask(tmp_path, "score.py", "--list", "--source-directory", ".")
    assert (document["syntax"]["file"], document["syntax"]["line"]) == ("bad.py", 2)
    (tmp_path / "score.py").write_text("try:\n    import bad\nexcept Exception:\n    pass\n")
    document, _ = ask(tmp_path, "score.py", "--list", "--source-directory", ".")
    assert document["syntax"] is None


def test_the_packages_of_a_module_are_found_by_the_longest_known_beginning() -> None:
    assert packages_of("sklearn.ensemble") == ["scikit-learn"]
    assert packages_of("google.protobuf.message") == ["protobuf"]
    assert packages_of("google.nowhere") == []
    assert all(names == sorted(set(names), key=names.index) for names in packages().values())


def test_the_listing_names_what_stand_ins_offer() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shipway_serving.shims.listing"],
        env={"PYTHONPATH": str(PACKAGE_PARENT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    document = json.loads(done.stdout.decode())
    assert "Model" in document["modules"]["azureml.core.model"]["names"]
    assert document["modules"]["azureml.monitoring"]["precedence"] == "first"
    assert document["azureml"]["azureml.core"] == "azureml-core"
    assert document["packages"]["cv2"][0] == "opencv-python-headless"
