"""v1's services, by the name of their kind."""

from shipway.azureml._deployment_config import WebserviceDeploymentConfiguration
from shipway.azureml.exceptions import WebserviceException
from shipway.azureml.webservice.aci import AciWebservice
from shipway.azureml.webservice.aks import AksEndpoint, AksWebservice
from shipway.azureml.webservice.local import LocalWebservice
from shipway.azureml.webservice.webservice import Webservice

__all__ = [
    "AciWebservice",
    "AksEndpoint",
    "AksWebservice",
    "LocalWebservice",
    "Webservice",
    "WebserviceDeploymentConfiguration",
    "WebserviceException",
]
