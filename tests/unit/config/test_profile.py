from pathlib import Path

import pytest

from shipway.config.conda import load_conda
from shipway.config.documents import Document
from shipway.config.inference import load_inference_config
from shipway.config.profile import on_its_day, profile_of


@pytest.mark.parametrize(
    ("line", "profile"),
    [
        ("azureml-defaults==1.0.85", "legacy"),
        ("azureml-defaults==1.42.0", "legacy"),
        ("azureml-defaults==1.43.0", None),
        ("azureml-defaults==1.44.0", None),
        ("azureml-defaults==1.45.0.post2", "modern"),
        ("azureml_defaults [async] == 1.60.0 ; python_version < '3.12'", "modern"),
        ("azureml-defaults==2.0", "modern"),
        ("azureml-defaults===1.42.0", "legacy"),
        ("azureml-defaults>=1.0.45", None),
        ("azureml-defaults==1.*", None),
        ("azureml-defaults~=1.42.0", None),
        ("azureml-defaults==1.42.0,>1", None),
        ("azureml-defaults", None),
        ("azureml-defaults-extra==1.42.0", None),
        ("numpy==1.42.0", None),
    ],
)
def test_an_exact_pin_of_azureml_defaults_says_for_which_server_an_asset_was_written(line, profile):
    assert profile_of(["numpy==1.19", line]) == profile


def conda(*lines, **more):
    content = {"dependencies": ["numpy", {"pip": list(lines)}], **more}
    return load_conda(Document(source="conda.yml", value=content)).value


def test_the_pin_becomes_a_variable_of_the_image_and_is_not_installed():
    environment = conda("azureml-defaults==1.40.0", "pandas")
    assert environment.variables == {"SHIPWAY_PROFILE": "legacy"}
    assert environment.requirements == ("numpy", "pandas")


def test_a_single_equals_pins_too_and_a_pin_that_says_nothing_sets_nothing():
    assert conda("azureml-defaults=1.47.0").variables == {"SHIPWAY_PROFILE": "modern"}
    assert conda("azureml-defaults").variables == {}


def test_a_pin_in_a_lock_that_the_conda_file_includes_counts(tmp_path: Path):
    (tmp_path / "lock.txt").write_text("numpy==1.19.5\nazureml-defaults==1.36.0\n")
    (tmp_path / "conda.yml").write_text("dependencies:\n- pip:\n  - -r lock.txt\n")
    environment = load_conda(tmp_path / "conda.yml").value
    assert environment.variables == {"SHIPWAY_PROFILE": "legacy"}
    assert environment.requirements == ("numpy==1.19.5",)


def test_the_author_s_own_variable_wins(tmp_path: Path):
    assert conda("azureml-defaults==1.40.0", variables={"SHIPWAY_PROFILE": "modern"}).variables == {
        "SHIPWAY_PROFILE": "modern"
    }
    (tmp_path / "score.py").write_text("def init(): ...\ndef run(data): ...\n")
    given = {
        "entryScript": "score.py",
        "environment": {
            "environmentVariables": {"SHIPWAY_PROFILE": "modern"},
            "python": {"condaDependencies": {"dependencies": [{"pip": ["azureml-defaults==1.40.0"]}]}},
        },
    }
    environment = load_inference_config(given, working_directory=tmp_path).value.environment
    assert environment.variables == {"SHIPWAY_PROFILE": "modern"}


@pytest.mark.parametrize(
    ("version", "profile"),
    [("0.3.1", "legacy"), ("0.4.13", "legacy"), ("0.6.1", None), ("0.7.2", "modern"), ("1.4", "modern")],
)
def test_a_pin_of_the_server_itself_says_it_too(version, profile):
    assert profile_of([f"azureml_inference_server_http=={version}"]) == profile


@pytest.mark.parametrize(
    ("day", "profile"),
    [("2021-03-01", "legacy"), ("2022-06-26", "legacy"), ("2022-06-27", None), ("2022-09-06", "modern"), (None, None)],
)
def test_without_a_pin_the_day_decides(day, profile):
    """What was newest: azureml-defaults 1.42 until 2022-06-27, 1.45 from 2022-09-06 on."""
    environment = on_its_day(conda("azureml-defaults>=1.0.45"), day)
    assert (environment.as_of, environment.variables.get("SHIPWAY_PROFILE")) == (day, profile)


def test_the_day_changes_no_profile_that_is_known_and_makes_none_for_an_asset_that_names_no_server():
    assert on_its_day(conda("azureml-defaults==1.47.0"), "2021-03-01").variables == {"SHIPWAY_PROFILE": "modern"}
    own = conda("azureml-defaults", variables={"SHIPWAY_PROFILE": "modern"})
    assert on_its_day(own, "2021-03-01").variables == {"SHIPWAY_PROFILE": "modern"}
    assert on_its_day(conda("pandas"), "2021-03-01").variables == {}
    assert on_its_day(conda("azureml-defaults-extra"), "2021-03-01").variables == {}
