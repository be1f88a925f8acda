"""Where an asset lies: v1's environment variables turned into paths (C-1 to C-6)."""

import os
from typing import Dict, List, NamedTuple, Optional


class Layout(NamedTuple):
    """The places of one asset."""

    app_root: str
    """Absolute; the working folder of the workers (C-2)."""
    source_directory: Optional[str]
    """As in ``AZUREML_SOURCE_DIRECTORY``, relative to the app root; None when only the script was shipped (C-4)."""
    entry_script: Optional[str]
    """As in ``AZUREML_ENTRY_SCRIPT``, relative to the app root or absolute; None means a module ``main``."""
    model_dir: Optional[str]
    """As in ``AZUREML_MODEL_DIR``: kept as given, because scripts take it apart (C-20)."""

    def script_path(self) -> Optional[str]:
        """The script's path, joined but not normalised: a leading ``./`` survives (C-3)."""
        return os.path.join(self.app_root, self.entry_script) if self.entry_script else None

    def import_folders(self) -> List[str]:
        """What v1 appended to ``sys.path``, in its order; the script's own subfolder is not among them (C-6)."""
        folders = [self.app_root]
        if self.source_directory:
            folders.append(os.path.join(self.app_root, self.source_directory))
        return folders


def layout_from(environment: Dict[str, str], working_folder: str) -> Layout:
    """The layout that ``environment`` describes; without ``AML_APP_ROOT`` the app root is ``working_folder``."""
    return Layout(
        app_root=os.path.join(working_folder, environment.get("AML_APP_ROOT", "")).rstrip(os.sep) or os.sep,
        source_directory=environment.get("AZUREML_SOURCE_DIRECTORY") or None,
        entry_script=environment.get("AZUREML_ENTRY_SCRIPT") or None,
        model_dir=environment.get("AZUREML_MODEL_DIR") or None,
    )
