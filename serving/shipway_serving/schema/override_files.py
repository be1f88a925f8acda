"""The author's own documents: files at the app root that stand in place of generated ones (H-93)."""

import json
import logging
import os
from typing import Any, Optional, Tuple

_log = logging.getLogger("shipway_serving.schema")

NAMES = {"2": ("swagger.json", "swagger2.json"), "3": ("swagger3.json",), "3.1": ("swagger3.1.json",)}
"""By version, in the order in which they are looked for; nowhere but at the app root."""

LEGACY_NAMES = ("swagger.json",)


def read_first(app_root: str, names: Tuple[str, ...]) -> Optional[Any]:
    """The content of the first of ``names`` in ``app_root`` that has any; None when there is none.

    A file that cannot be read as JSON is passed over with a warning: Microsoft's server does not start then, but no
    document is worth a service.
    """
    for name in names:
        path = os.path.join(app_root, name)
        try:
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("%s is passed over: it cannot be read as JSON: %s", path, error)
            continue
        if content:
            _log.info("%s is served in place of a generated document", path)
            return content
    return None
