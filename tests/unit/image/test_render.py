from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipway.domain.environment import Code, Environment
from shipway.domain.image import ImageSpec
from shipway.domain.model import FileEntry, ModelVersion, Tree
from shipway.errors import BuildError
from shipway.image.packages.lock import Lock
from shipway.image.render import Bundle, render
from shipway.store.workspace import Workspace
from tests.unit.image.conftest import SCRIPT, model_version

names = st.text("abc", min_size=1, max_size=4)
digests = st.integers(0, 2**32).map("{:064x}".format)


def rendered(spec: ImageSpec) -> Bundle:
    return render(spec, lock=Lock(text="numpy==1.0\n", private=""), serving_digest="s", python="3.11.7")


def paths(bundle: Bundle) -> list[str]:
    return [file.path for file in bundle.files]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    found = draw(st.dictionaries(names.map("{}.txt".format), digests, min_size=1, max_size=3))
    script = FileEntry(path="score.py", digest=draw(digests), size_bytes=1)
    files = (script, *(FileEntry(path=p, digest=d, size_bytes=1) for p, d in found.items()))
    return Tree(name=draw(names), is_folder=True, files=files)


@st.composite
def specs(draw: st.DrawFn) -> ImageSpec:
    code = Code(tree=draw(trees()), entry_script="score.py")
    environment = Environment(name=draw(names), variables=draw(st.dictionaries(names, names, max_size=2)))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    models = [
        ModelVersion(name=name, version=draw(st.integers(1, 9)), tree=draw(trees()), created_at=at)
        for name in draw(st.lists(names, max_size=2, unique=True))
    ]
    return ImageSpec(code=code, environment=environment, models=tuple(models))


@given(specs())
def test_equal_specs_give_equal_bundles_whatever_the_order_of_files_and_variables(spec: ImageSpec) -> None:
    tree = replace(spec.code.tree, files=tuple(reversed(spec.code.tree.files)))
    variables = dict(reversed(list(spec.environment.variables.items())))
    other = replace(
        spec, code=replace(spec.code, tree=tree), environment=replace(spec.environment, variables=variables)
    )
    assert rendered(other) == rendered(spec)
    assert rendered(other).digest == rendered(spec).digest


@given(specs())
def test_every_part_of_a_bundle_moves_its_digest(spec: ImageSpec) -> None:
    digest = 64 * "f"  # none that the strategy draws
    bundle = rendered(spec)
    others = [
        replace(bundle, lock=bundle.lock + "x"),
        replace(bundle, serving_digest=digest),
        replace(bundle, python="3.12.0"),
        replace(bundle, command=("python",)),
        replace(bundle, variables={**bundle.variables, "NEW": "x"}),
        replace(bundle, files=(replace(bundle.files[0], digest=digest), *bundle.files[1:])),
        replace(bundle, files=(replace(bundle.files[0], executable=True), *bundle.files[1:])),
        replace(bundle, files=bundle.files[1:]),
    ]
    assert len({bundle.digest, *(other.digest for other in others)}) == 9


@given(specs())
def test_every_file_has_a_place_of_its_own(spec: ImageSpec) -> None:
    found = paths(rendered(spec))
    assert found == sorted(set(found))
    assert len(found) == len(spec.code.tree.files) + sum(len(model.tree.files) for model in spec.models)


def test_a_source_directory_keeps_its_name(spec: Callable[..., ImageSpec]) -> None:
    bundle = rendered(spec())
    assert paths(bundle) == ["azureml-models/digits/1/model.onnx", "src/lib/tool.sh", "src/score.py"]
    assert [file.path for file in bundle.files if file.executable] == ["src/lib/tool.sh"]
    assert bundle.variables == {
        "AML_APP_ROOT": "/var/azureml-app",
        "AZUREML_ENTRY_SCRIPT": "src/score.py",
        "AZUREML_MODEL_DIR": "azureml-models/digits/1",
        "AZUREML_SOURCE_DIRECTORY": "src",
    }
    assert bundle.command == ("python", "-m", "shipway_serving")


def test_a_leading_dot_of_the_entry_script_survives(spec: Callable[..., ImageSpec]) -> None:
    code = replace(spec().code, entry_script="./score.py")
    assert rendered(spec(code=code)).variables["AZUREML_ENTRY_SCRIPT"] == "src/./score.py"


def test_a_lone_script_lies_flat_at_the_app_root(
    spec: Callable[..., ImageSpec], workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "alone.py").write_text(SCRIPT)
    code = Code(tree=workspace.blobs.put_tree(tmp_path / "alone.py"), entry_script="alone.py")
    bundle = rendered(spec(code=code))
    assert "alone.py" in paths(bundle)
    assert bundle.variables["AZUREML_ENTRY_SCRIPT"] == "alone.py"
    assert "AZUREML_SOURCE_DIRECTORY" not in bundle.variables


def test_a_model_that_is_a_folder_keeps_its_name(
    spec: Callable[..., ImageSpec], workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "net" / "deep").mkdir(parents=True)
    (tmp_path / "net" / "deep" / "weights").write_text("w")
    bundle = rendered(spec(models=(model_version(workspace, tmp_path / "net", version=12),)))
    assert paths(bundle)[0] == "azureml-models/digits/12/net/deep/weights"


def test_the_model_folder_is_the_parent_of_all_models_unless_there_is_exactly_one(
    spec: Callable[..., ImageSpec], workspace: Workspace, tmp_path: Path
) -> None:
    two = tuple(model_version(workspace, tmp_path / "model.onnx", name=name) for name in ("a", "b"))
    assert rendered(spec(models=two)).variables["AZUREML_MODEL_DIR"] == "azureml-models/"
    assert rendered(spec(models=())).variables["AZUREML_MODEL_DIR"] == "azureml-models/"


def test_the_authors_variables_win(spec: Callable[..., ImageSpec]) -> None:
    environment = Environment(name="e", variables={"AZUREML_MODEL_DIR": "mine", "OTHER": "x"})
    variables = rendered(spec(environment=environment)).variables
    assert variables["AZUREML_MODEL_DIR"] == "mine"
    assert variables["OTHER"] == "x"


def test_a_script_that_did_not_travel_is_refused(spec: Callable[..., ImageSpec]) -> None:
    with pytest.raises(BuildError) as error:
        rendered(spec(code=replace(spec().code, entry_script="scores.py")))
    assert str(error.value) == "the entry script scores.py is not among the 2 files of src"


def test_a_source_directory_that_would_lie_among_the_models_is_refused(spec: Callable[..., ImageSpec]) -> None:
    code = spec().code
    with pytest.raises(BuildError) as error:
        rendered(spec(code=replace(code, tree=replace(code.tree, name="azureml-models"))))
    assert str(error.value) == "the source directory is called azureml-models, where the models lie; rename it"
