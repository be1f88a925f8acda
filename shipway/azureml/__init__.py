"""The names of the Azure ML SDK v1, over Shipway: a v1 script runs when `azureml.core` becomes `shipway.azureml`."""
