"""The name and version that the Open Inference Protocol asks a model by. Pure."""

from typing import NamedTuple, Optional

UNNAMED = "model"
"""For an unregistered model, or none, or several."""


class ModelIdentity(NamedTuple):
    """Of the one model that a service serves."""

    name: str = UNNAMED
    version: str = ""
    """Empty when there is none."""

    def is_meant_by(self, name: str, version: str) -> bool:
        """Whether a request for ``name`` and ``version`` (empty: any) is for this model."""
        return name == self.name and version in ("", self.version)


def model_identity(model_dir: Optional[str]) -> ModelIdentity:
    """What ``AZUREML_MODEL_DIR`` says: one registered model is in ``azureml-models/<name>/<version>`` (section 2.2)."""
    parts = (model_dir or "").rstrip("/").split("/")
    if len(parts) >= 2 and parts[-2] and parts[-1].isdigit():
        return ModelIdentity(parts[-2], parts[-1])
    return ModelIdentity()
