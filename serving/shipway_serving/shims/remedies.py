"""What to do about an import that failed, of Azure ML's packages above all: for the log, beside the traceback."""

from typing import Optional

DISTRIBUTIONS = {
    "azureml.automl.runtime": "azureml-automl-runtime",
    "azureml.automl.core": "azureml-automl-core",
    "azureml.automl.dnn": "azureml-automl-dnn-vision or azureml-automl-dnn-nlp",
    "azureml.core": "azureml-core",
    "azureml.data": "azureml-core",
    "azureml.dataprep": "azureml-dataprep",
    "azureml.designer": "azureml-designer-serving",
    "azureml.explain": "azureml-explain-model",
    "azureml.exceptions": "azureml-core",
    "azureml.interpret": "azureml-interpret",
    "azureml.mlflow": "azureml-mlflow",
    "azureml.opendatasets": "azureml-opendatasets",
    "azureml.pipeline": "azureml-pipeline-core",
    "azureml.telemetry": "azureml-telemetry",
    "azureml.train.automl.runtime": "azureml-train-automl-runtime",
    "azureml.train.automl": "azureml-train-automl-client",
    "azureml.train": "azureml-train-core",
    "azureml.training.tabular": "azureml-training-tabular",
}
"""By the beginning of the module's name; a longer beginning stands before the shorter one that it contains."""


def remedy_for(error: BaseException) -> Optional[str]:
    """One line for ``error``, or None when it is not about an Azure ML module that is not there."""
    module = getattr(error, "name", None) or "" if isinstance(error, ImportError) else ""
    if module == "onnxruntime":
        return "onnxruntime: add it to the environment; a model without a script needs shipway-serving[onnx]"
    for beginning, distribution in DISTRIBUTIONS.items():
        if (module + ".").startswith(beginning + "."):
            return (
                f"{module}: add {distribution} to the environment; here it is absent, or a stand-in without this name"
            )
    return None
