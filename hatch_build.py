"""What the wheel carries from beside `shipway/`, as pyproject.toml lists it under `hooks.custom.force-include`."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FoldersBesideThePackage(BuildHookInterface[Any]):
    """Hatchling's own `force-include` would put copies into an editable install too, where they go stale unseen."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"].update(self.config["force-include"])
