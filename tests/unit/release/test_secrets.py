from pathlib import Path

import pytest

from shipway.domain.environment import Environment, InferenceConfig
from shipway.errors import ConfigError
from shipway.release.secrets import refuse_secrets

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n"


@pytest.fixture
def inference(tmp_path: Path) -> InferenceConfig:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text("def init(): ...\ndef run(data): ...\n")
    return InferenceConfig(
        entry_script="score.py", source_directory=str(tmp_path / "src"), environment=Environment(name="mine")
    )


def test_code_without_secrets_is_let_through(inference: InferenceConfig) -> None:
    refuse_secrets(inference, {"DB_PASSWORD": "correct horse battery"})


def test_a_private_key_is_found_before_anything_is_kept(inference: InferenceConfig, tmp_path: Path) -> None:
    (tmp_path / "src" / "deploy.pem").write_text(KEY)
    with pytest.raises(ConfigError) as error:
        refuse_secrets(inference, {})
    assert str(error.value) == (
        f"inference: deploy.pem holds a private key, in {tmp_path}/src: it would lie in the image, and wherever "
        "that is pushed; take it out of the folder"
    )


def test_a_value_of_the_environment_is_found_and_never_told(inference: InferenceConfig, tmp_path: Path) -> None:
    (tmp_path / "src" / "settings.py").write_text('PASSWORD = "correct horse battery"')
    with pytest.raises(ConfigError, match=r"settings\.py holds the value of DB_PASSWORD") as error:
        refuse_secrets(inference, {"DB_PASSWORD": "correct horse battery"})
    assert "horse" not in str(error.value)


def test_a_lone_script_is_looked_through(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(f"KEY = '''{KEY}'''\n")
    lone = InferenceConfig(
        entry_script=str(tmp_path / "score.py"), source_directory=None, environment=Environment(name="mine")
    )
    with pytest.raises(ConfigError, match=r"score\.py holds a private key"):
        refuse_secrets(lone, {})
