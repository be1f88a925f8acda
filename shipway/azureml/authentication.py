"""v1's ways to log in to Azure. They are made and passed around as before, and nothing is asked of them."""

from typing import Any

from shipway.azureml.exceptions import AuthenticationException


class AbstractAuthentication:
    """Takes what it is given and keeps none of it: there is nobody to log in to."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        del args, settings

    def get_authentication_header(self) -> dict[str, str]:
        raise AuthenticationException(
            f"{type(self).__name__}: there is no token of Azure's; a workspace of Shipway's needs none, and a bucket "
            "takes its credentials from the environment"
        )

    def get_token(self, *scopes: str, **_: Any) -> Any:
        del scopes
        return self.get_authentication_header()


class InteractiveLoginAuthentication(AbstractAuthentication):
    """Opens no browser."""


class AzureCliAuthentication(AbstractAuthentication):
    """Asks no `az`."""


class ServicePrincipalAuthentication(AbstractAuthentication):
    """Keeps no password."""


class MsiAuthentication(AbstractAuthentication):
    """Asks no managed identity."""


class ArmTokenAuthentication(AbstractAuthentication):
    """Keeps no token."""

    def update_arm_access_token(self, new_arm_access_token: str) -> None:
        del new_arm_access_token


class TokenAuthentication(AbstractAuthentication):
    """Asks nobody for a token."""
