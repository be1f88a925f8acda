"""v1's service on Azure Container Instances: its settings are read and checked; the target is not there yet."""

from shipway.azureml._deployment_config import AciServiceDeploymentConfiguration, passed
from shipway.azureml.webservice.webservice import Webservice

__all__ = ["AciServiceDeploymentConfiguration", "AciWebservice"]


class AciWebservice(Webservice):
    """There is none to be had yet."""

    @staticmethod
    def deploy_configuration(
        cpu_cores: float | None = None,
        memory_gb: float | None = None,
        tags: dict[str, str] | None = None,
        properties: dict[str, str] | None = None,
        description: str | None = None,
        location: str | None = None,
        auth_enabled: bool | None = None,
        ssl_enabled: bool | None = None,
        enable_app_insights: bool | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        ssl_cname: str | None = None,
        dns_name_label: str | None = None,
        primary_key: str | None = None,
        secondary_key: str | None = None,
        collect_model_data: bool | None = None,
        cmk_vault_base_url: str | None = None,
        cmk_key_name: str | None = None,
        cmk_key_version: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
    ) -> AciServiceDeploymentConfiguration:
        """Raises WebserviceException for whatever breaks a rule of 11.6."""
        config = AciServiceDeploymentConfiguration(passed(locals()))
        config.validate_configuration()
        return config
