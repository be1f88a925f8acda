"""v1's AKS clusters: what would be created or attached, checked by v1's rules."""

import re
from typing import Any

from shipway.azureml._deployment_config import passed
from shipway.azureml.compute.compute import ComputeTarget
from shipway.azureml.exceptions import ComputeTargetException

_LEAST_CORES = 12
"""agent_count times the cores of vm_size, for a cluster that is not for development (article of 2019, "Create an AKS
cluster")."""

_OLD_D_SIZES = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20}
"""Cores by the number in Standard_D3_v2 and its like; of other sizes the number is that of the cores."""

_SIZE = re.compile(r"(?:standard|basic)_(?P<family>[a-z]+)(?P<number>\d+)", re.IGNORECASE)


class AksProvisioningConfiguration:
    """What a new cluster would be."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.agent_count: int = 3 if given.get("agent_count") is None else given["agent_count"]
        self.vm_size: str = given.get("vm_size") or "Standard_D3_v2"
        self.location: str | None = given.get("location")
        self.cluster_purpose: str | None = given.get("cluster_purpose")
        self.ssl_cname: str | None = given.get("ssl_cname")
        self.ssl_cert_pem_file: str | None = given.get("ssl_cert_pem_file")
        self.ssl_key_pem_file: str | None = given.get("ssl_key_pem_file")
        self.leaf_domain_label: str | None = None
        self.overwrite_existing_domain = False

    def validate_configuration(self) -> None:
        """Raises ComputeTargetException naming number and rule."""
        count = self.agent_count
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ComputeTargetException(f"agent_count must be a whole number above 0, not {count!r}")
        cores = _cores_of(self.vm_size)
        if (
            cores is not None
            and self.cluster_purpose != AksCompute.ClusterPurpose.DEV_TEST
            and count * cores < _LEAST_CORES
        ):
            raise ComputeTargetException(
                f"a cluster of {count} x {self.vm_size} has {count * cores} cores, and v1 wants {_LEAST_CORES}: "
                "raise agent_count, take a larger vm_size, or set cluster_purpose=AksCompute.ClusterPurpose.DEV_TEST"
            )
        tls = (self.ssl_cname, self.ssl_cert_pem_file, self.ssl_key_pem_file)
        if any(tls) and not all(tls):
            raise ComputeTargetException(
                "ssl_cname, ssl_cert_pem_file and ssl_key_pem_file go together; give all three"
            )

    def enable_ssl(self, leaf_domain_label: str | None = None, **settings: Any) -> None:
        """By a label of Azure's, or by a certificate of one's own."""
        self.leaf_domain_label = leaf_domain_label
        for name, value in settings.items():
            setattr(self, name, value)

    def plan(self) -> str:
        cores = _cores_of(self.vm_size)
        total = f", {self.agent_count * cores} cores" if cores else ""
        where = f" in {self.location}" if self.location else ""
        return f"{self.agent_count} x {self.vm_size}{total}{where}"


class AksAttachConfiguration:
    """Which cluster would be attached."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.resource_group: str | None = given.get("resource_group")
        self.cluster_name: str | None = given.get("cluster_name")
        self.resource_id: str | None = given.get("resource_id")
        self.cluster_purpose: str | None = given.get("cluster_purpose")
        self.leaf_domain_label: str | None = None

    enable_ssl = AksProvisioningConfiguration.enable_ssl

    def validate_configuration(self) -> None:
        """Raises ComputeTargetException."""
        if not self.resource_id and not (self.resource_group and self.cluster_name):
            raise ComputeTargetException("name the cluster: give resource_group and cluster_name, or resource_id")

    def plan(self) -> str:
        return self.resource_id or f"cluster {self.cluster_name} of resource group {self.resource_group}"


class AksCompute(ComputeTarget):
    """A cluster by its name."""

    class ClusterPurpose:
        """v1's words."""

        FAST_PROD = "FastProd"
        DEV_TEST = "DevTest"

    def __init__(self, workspace: Any, name: str) -> None:
        super().__init__(workspace, name)
        self.type = "AKS"

    @staticmethod
    def provisioning_configuration(
        agent_count: int | None = None,
        vm_size: str | None = None,
        ssl_cname: str | None = None,
        ssl_cert_pem_file: str | None = None,
        ssl_key_pem_file: str | None = None,
        location: str | None = None,
        vnet_resourcegroup_name: str | None = None,
        vnet_name: str | None = None,
        subnet_name: str | None = None,
        service_cidr: str | None = None,
        dns_service_ip: str | None = None,
        docker_bridge_cidr: str | None = None,
        cluster_purpose: str | None = None,
        load_balancer_type: str | None = None,
        load_balancer_subnet: str | None = None,
    ) -> AksProvisioningConfiguration:
        """Raises ComputeTargetException for too few cores and half a certificate."""
        config = AksProvisioningConfiguration(passed(locals()))
        config.validate_configuration()
        return config

    @staticmethod
    def attach_configuration(
        resource_group: str | None = None,
        cluster_name: str | None = None,
        resource_id: str | None = None,
        cluster_purpose: str | None = None,
        load_balancer_type: str | None = None,
        load_balancer_subnet: str | None = None,
    ) -> AksAttachConfiguration:
        """Raises ComputeTargetException when it names no cluster."""
        config = AksAttachConfiguration(passed(locals()))
        config.validate_configuration()
        return config


def _cores_of(vm_size: str) -> int | None:
    """None for a size whose name does not tell."""
    found = _SIZE.match(vm_size)
    if found is None:
        return None
    number = int(found["number"])
    is_old = found["family"].lower() in {"d", "ds"} and "_v" in vm_size.lower() and vm_size.lower().endswith("_v2")
    return _OLD_D_SIZES.get(number) if is_old else number
