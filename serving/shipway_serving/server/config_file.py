"""The JSON settings file that ``--config_file`` or ``AZUREML_CONFIG_FILE`` names: variables and their values.

Microsoft's server also took up any ``config.json`` beside the script, which authors have for purposes of their own
(P-1); this one reads a file only when it is named.
"""

import json
from typing import Any, Dict, cast


class BadConfigFile(Exception):
    """The file cannot be used; the message says why."""


def read_config_file(path: str) -> Dict[str, str]:
    """The variables of the file, as they would stand in the environment; null is none. Raises ``BadConfigFile``."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            content: Any = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise BadConfigFile(f"the settings file {path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise BadConfigFile(f"the settings file {path} holds a {type(content).__name__}; it has to be a JSON object")
    found = cast("Dict[str, Any]", content)
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}
    return {name: text for name, text in texts.items() if found[name] is not None and _can_be_variable(name, text)}


def _can_be_variable(name: str, text: str) -> bool:
    return bool(name) and "=" not in name and "\0" not in name + text
