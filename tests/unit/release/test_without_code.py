import re

import pytest

from shipway.errors import ConfigError
from shipway.release.without_code import refuse_unless_one_onnx


@pytest.mark.parametrize("files", [["model.onnx"], ["Model.ONNX", "weights.bin"], ["deep/below/model.onnx", "a.txt"]])
def test_one_onnx_file_at_any_depth_needs_no_code(files):
    refuse_unless_one_onnx({"digits": files})


@pytest.mark.parametrize(
    ("models", "why"),
    [
        ({"digits": ["model.pkl"]}, "has model digits, which holds no .onnx file"),
        ({"digits": ["onnx"]}, "has model digits, which holds no .onnx file"),
        ({"digits": ["a.onnx", "b/c.onnx"]}, "has model digits, which holds 2 .onnx files: a.onnx, b/c.onnx"),
        ({"one": ["a.onnx"], "two": ["b.onnx"]}, "names 2 models: one, two"),
    ],
)
def test_anything_else_is_refused_with_what_was_found_and_what_to_do(models, why):
    text = (
        "inference: missing, so that the scoring server would have to serve one ONNX model by itself, but this release "
        f"{why}; name an inference config with an entry script, or one model that holds exactly one .onnx file"
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(text)}$"):
        refuse_unless_one_onnx(models)
