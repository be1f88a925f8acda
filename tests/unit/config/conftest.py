from pathlib import Path

import pytest

SCRIPT = "def init():\n    pass\n\n\ndef run(raw_data):\n    return raw_data\n"

RELEASE = """\
service: digits
models:
  - name: digits
    path: model.onnx
inference: inferenceconfig.json
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that a release needs, which is also the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text(SCRIPT)
    (tmp_path / "model.onnx").write_text("model")
    (tmp_path / "inferenceconfig.json").write_text('{"entryScript": "score.py", "sourceDirectory": "src"}')
    (tmp_path / "release.yaml").write_text(RELEASE)
    return tmp_path
