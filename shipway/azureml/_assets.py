"""What a script passes as models and inference config, as releases and packages take it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shipway.azureml._inference_config import InferenceConfig
from shipway.azureml.exceptions import UserErrorException
from shipway.azureml.model import Model
from shipway.config.documents import Document

_MOST_MODELS = 1000
"""M-12."""


def inference_document(config: Any) -> Document:
    """Raises UserErrorException for what is none, such as an image configuration of the SDK before it."""
    if not isinstance(config, InferenceConfig):
        raise UserErrorException(f"inference_config must be an InferenceConfig, not {config!r}")
    return Document(source="InferenceConfig", value=config.as_document())


def model_references(models: Sequence[Any] | Model | str | None) -> tuple[str | Path, ...]:
    """A model by its id; text is an id where there is such a model, else a path (M-12). Raises UserErrorException."""
    given = [models] if isinstance(models, Model | str | Path) else list(models or ())
    if len(given) > _MOST_MODELS:
        raise UserErrorException(f"{len(given)} models are too many for one service; v1 took {_MOST_MODELS}")
    for model in given:
        if not isinstance(model, Model | str | Path):
            raise UserErrorException(f"models: {model!r} is neither a Model, nor the id or the path of one")
    return tuple(model.id if isinstance(model, Model) else model for model in given)
