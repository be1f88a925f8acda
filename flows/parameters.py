"""The parameters of flows as Prefect's form shows them: options, bounds, and the text when a value is none of them.

The server checks what the schema says when a run is asked for; the flow checks again, for whoever switched that off.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from shipway.targets.base import known_kinds

AS_THE_FILE_SAYS = "as the release file says"


def target_options() -> list[str]:
    return [AS_THE_FILE_SAYS, *known_kinds()]


class _TargetOptions:
    """Puts the options into the schema when that is asked for, and not at import."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(core), "enum": target_options()}


def _known(name: str) -> str:
    if name not in target_options():
        raise ValueError(f"there is no target {name!r}; choose one of: {', '.join(target_options())}")
    return name


Day = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
ReleaseFile = Annotated[str, Field(pattern=r"\.ya?ml$")]
TargetName = Annotated[str, AfterValidator(_known), _TargetOptions()]
ServiceName = Annotated[str, Field(min_length=3, max_length=32, pattern="^[a-z][-a-z0-9]*[a-z0-9]$")]
WorkspaceUrl = Annotated[str, Field(min_length=1)]
