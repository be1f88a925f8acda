"""v1's Model over the registry: contract section 12, and get_model_path (2.3)."""

import json
from pathlib import Path

import pytest

from shipway.azureml import Model, Workspace, _model_path
from shipway.azureml._filters import has, pairs
from shipway.azureml.exceptions import (
    ModelNotFoundException,
    UserErrorException,
    WebserviceException,
)
from shipway.azureml.resource_configuration import ResourceConfiguration
from shipway.registry.models import Registry


@pytest.fixture
def model(workspace: Workspace, desk: Path) -> Model:
    (desk / "model.onnx").write_bytes(b"one")
    return Model.register(
        workspace,
        model_path="./model.onnx",
        model_name="bidaf_onnx",
        tags={"area": "qna", "accuracy": 0.5},
        properties={"source": "article"},
        description="answers",
        model_framework=Model.Framework.ONNX,
        model_framework_version="1.3",
        resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    )


def test_registering_counts_versions_from_one_and_says_so_as_v1_did(
    workspace: Workspace, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (model.name, model.id, model.version) == ("bidaf_onnx", "bidaf_onnx:1", 1)
    assert model.tags == {"area": "qna", "accuracy": "0.5"}
    capsys.readouterr()
    again = Model.register(workspace=workspace, model_name="bidaf_onnx", model_path="model.onnx")
    assert again.id == "bidaf_onnx:2"
    assert capsys.readouterr().out == "Registering model bidaf_onnx\n"


def test_the_newest_is_meant_without_a_version_and_a_filter_picks_the_newest_match(
    workspace: Workspace, model: Model
) -> None:
    Model.register(workspace, "model.onnx", "bidaf_onnx", tags={"area": "other"})
    assert Model(workspace, "bidaf_onnx").version == 2
    assert Model(workspace, "bidaf_onnx", version=1).version == 1
    assert Model(workspace, id="bidaf_onnx:1").tags["area"] == "qna"
    assert Model(workspace, name="bidaf_onnx", tags=[["area", "qna"]]).version == 1
    assert Model(workspace, name="bidaf_onnx", tags=["area"]).version == 2
    assert Model(workspace, name="bidaf_onnx", model_framework="Onnx").version == 1


@pytest.mark.parametrize("asked", [{"name": "absent"}, {"id": "bidaf_onnx:9"}, {"name": "bidaf_onnx", "tags": ["no"]}])
def test_one_that_is_not_there_raises_with_v1s_word_in_the_text(
    workspace: Workspace, model: Model, asked: dict[str, object]
) -> None:
    with pytest.raises(WebserviceException) as refused:
        Model(workspace, **asked)  # type: ignore[arg-type]
    assert "ModelNotFound" in refused.value.message
    assert isinstance(refused.value, ModelNotFoundException)


def test_lists_are_newest_first_and_filtered(workspace: Workspace, model: Model) -> None:
    Model.register(workspace, "model.onnx", "bidaf_onnx")
    Model.register(workspace, "model.onnx", "other", properties={"source": "article"})
    assert [each.id for each in Model.list(workspace)] == ["other:1", "bidaf_onnx:2", "bidaf_onnx:1"]
    assert [each.id for each in Model.list(workspace, latest=True)] == ["other:1", "bidaf_onnx:2"]
    assert [each.id for each in Model.list(workspace, properties=[["source", "article"]])] == [
        "other:1",
        "bidaf_onnx:1",
    ]
    assert [each.id for each in Model.list(workspace, name="bidaf_onnx", tags=["area"])] == ["bidaf_onnx:1"]
    assert sorted(workspace.models) == ["bidaf_onnx", "other"]
    assert workspace.models["bidaf_onnx"].version == 2


def test_a_folder_keeps_its_name_and_child_paths_a_part_of_it(workspace: Workspace, desk: Path) -> None:
    for name in ("saved/weights/a.bin", "saved/weights/b.bin", "saved/log.txt"):
        (desk / name).parent.mkdir(parents=True, exist_ok=True)
        (desk / name).write_text(name)
    model = Model.register(workspace, "saved", "folder", child_paths=["weights"])
    path = Path(model.download(target_dir=desk / "down"))
    assert path == desk / "down" / "saved"
    assert sorted(each.name for each in path.rglob("*") if each.is_file()) == ["a.bin", "b.bin"]


def test_downloads_do_not_overwrite_unless_they_may(workspace: Workspace, model: Model, desk: Path) -> None:
    with pytest.raises(WebserviceException, match="exists"):
        model.download()
    assert model.download(target_dir="down") == str(Path("down") / "model.onnx")
    assert model.download(target_dir="down", exist_ok=True) == model.download(target_dir="down", exists_ok=True)


def test_tags_change_and_properties_only_add_up(workspace: Workspace, model: Model) -> None:
    model.add_tags({"stage": "trial"})
    model.remove_tags("accuracy")
    model.add_properties({"commit": "abc"})
    assert model.tags == {"area": "qna", "stage": "trial"}
    assert Model(workspace, "bidaf_onnx").properties == {"source": "article", "commit": "abc"}
    with pytest.raises(WebserviceException, match="bidaf_onnx:1 has the properties commit already: they never change"):
        model.add_properties({"commit": "def"})
    model.update(tags={"only": "this"}, description="new", resource_configuration=ResourceConfiguration(gpu=1))
    assert (model.tags, model.description) == ({"only": "this"}, "new")
    assert model.resource_configuration is not None
    assert model.resource_configuration.gpu == 1


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"a": ["list"]}, "tags: 'a' has the value ['list'], which is not text"),
        ("text", "tags must be a dict of text by text, not 'text'"),
    ],
)
def test_tags_that_are_no_text_are_refused_by_name(workspace: Workspace, desk: Path, tags: object, said: str) -> None:
    (desk / "model.pkl").write_text("x")
    with pytest.raises(UserErrorException) as refused:
        Model.register(workspace, "model.pkl", "m", tags=tags)  # type: ignore[arg-type]
    assert refused.value.message == said
    assert Model.list(workspace) == []


def test_what_a_service_uses_cannot_be_deleted(workspace: Workspace, model: Model) -> None:
    Registry(workspace._store).mark_used(model.id, service="myservice", revision="r1")
    with pytest.raises(WebserviceException, match=r"model bidaf_onnx:1 is in use by service myservice"):
        model.delete()
    Registry(workspace._store).release_uses(service="myservice")
    model.delete()
    with pytest.raises(WebserviceException, match="ModelNotFound"):
        Model(workspace, "bidaf_onnx")


def test_serialize_has_v1s_keys_and_deserialize_finds_the_model(workspace: Workspace, model: Model) -> None:
    document = json.loads(json.dumps(model.serialize()))
    assert set(document) == {
        "createdTime", "createdBy", "description", "id", "mimeType", "name", "framework", "frameworkVersion", "tags",
        "properties", "unpack", "url", "version", "experimentName", "runId", "runDetails", "datasets",
        "resourceConfiguration", "sampleInputDatasetId", "sampleOutputDatasetId",
    }  # fmt: skip
    assert document["resourceConfiguration"] == {"cpu": 1, "memoryInGB": 0.5, "gpu": None}
    assert Model.deserialize(workspace, document).id == model.id


def test_a_filter_asks_for_a_key_or_for_a_key_and_its_value() -> None:
    values = {"area": "qna", "stage": "trial"}
    assert has(values, pairs(["area", ["stage", "trial"]], "tags"))
    assert has(values, pairs({"area": "qna"}, "tags"))
    assert not has(values, pairs([("area", "other")], "tags"))
    assert not has(values, pairs("absent", "tags"))
    with pytest.raises(UserErrorException, match=r"tags: \['a', 'b', 'c'\] is neither a key nor a list"):
        pairs([["a", "b", "c"]], "tags")


def test_download_links_say_why_there_are_none(model: Model) -> None:
    with pytest.raises(UserErrorException, match=r"has no download links: .*; use model.download\(\)"):
        model.get_sas_urls()


def test_a_path_that_is_not_there_registers_nothing(workspace: Workspace) -> None:
    with pytest.raises(WebserviceException, match=r"absent\.pkl"):
        Model.register(workspace, "absent.pkl", "m")
    assert Model.list(workspace) == []


class TestGetModelPath:
    """C-30: as in a container, and, on a desk, out of the workspace."""

    def test_without_workspace_the_folder_of_models_answers(self, desk: Path) -> None:
        for version in (2, 10):
            (desk / "azureml-models" / "m" / str(version)).mkdir(parents=True)
            (desk / "azureml-models" / "m" / str(version) / "model.pkl").write_text("x")
        assert Model.get_model_path("m") == "azureml-models/m/10/model.pkl"
        assert Model.get_model_path("m", version=2) == "azureml-models/m/2/model.pkl"

    def test_a_version_is_an_int(self) -> None:
        with pytest.raises(WebserviceException) as refused:
            Model.get_model_path("m", version="1")  # type: ignore[arg-type]
        assert refused.value.message == "version should be an int"

    def test_two_entries_are_refused(self, desk: Path) -> None:
        folder = desk / "azureml-models" / "m" / "1"
        folder.mkdir(parents=True)
        (folder / "a").write_text("")
        (folder / ".DS_Store").write_text("")
        with pytest.raises(WebserviceException, match=r"azureml-models/m/1 can contain only 1 file or folder"):
            Model.get_model_path("m")

    def test_a_path_of_that_name_is_given_back_as_it_is(self, desk: Path) -> None:
        (desk / "model.pkl").write_text("x")
        assert Model.get_model_path("model.pkl") == "model.pkl"

    def test_nothing_of_that_name_is_not_found(self) -> None:
        with pytest.raises(
            ModelNotFoundException, match="ModelNotFound: Model absent not found in cache at azureml-mod"
        ):
            Model.get_model_path("absent")

    def test_a_workspace_is_asked_for_the_newest_and_downloaded_from(self, workspace: Workspace, model: Model) -> None:
        path = Model.get_model_path("bidaf_onnx", _workspace=workspace)
        assert Path(path) == Path("azureml-models/bidaf_onnx/1/model.onnx")
        assert Path(path).read_bytes() == b"one"
        assert Model.get_model_path("bidaf_onnx") == path

    def test_with_a_version_this_folder_comes_first(self, workspace: Workspace, model: Model, desk: Path) -> None:
        local = _model_path.fetched_to("bidaf_onnx", 1)
        local.mkdir(parents=True)
        (local / "mine.onnx").write_text("mine")
        assert Model.get_model_path("bidaf_onnx", version=1, _workspace=workspace).endswith("mine.onnx")


def test_a_filter_beside_a_version_asks_for_that_version(workspace: Workspace, model: Model, desk: Path) -> None:
    newer = Model.register(workspace, desk / "model.onnx", model.name, tags=model.tags)
    assert newer.version == model.version + 1
    assert Model(workspace, model.name, version=model.version, tags=list(model.tags)).id == model.id
    with pytest.raises(ModelNotFoundException, match="ModelNotFound"):
        Model(workspace, model.name, version=9, tags=list(model.tags))
