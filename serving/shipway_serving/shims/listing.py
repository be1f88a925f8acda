"""``python -m shipway_serving.shims.listing``: what can be imported beside an author's packages, as one JSON document.

For whoever compares a script with its environment before there is one: ``modules`` has the names of each stand-in,
``packages`` which packages of the index bring a module, ``azureml`` the real package by a name's beginning.
"""

import json
import sys
from typing import Any, Dict

from shipway_serving.asset.import_names import packages
from shipway_serving.shims import offered
from shipway_serving.shims.remedies import DISTRIBUTIONS


def listing() -> Dict[str, Any]:
    """The document."""
    modules: Dict[str, Dict[str, Any]] = {}
    for offer in offered():
        entry = modules.setdefault(offer.module, {"precedence": offer.precedence, "names": []})
        entry["names"].extend(offer.names)
    return {"modules": modules, "packages": packages(), "azureml": DISTRIBUTIONS}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(listing()) + "\n")
