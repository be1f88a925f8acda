"""What a model that is served without code should get (M-14)."""

from typing import Any

from shipway.azureml.exceptions import UserErrorException


class ResourceConfiguration:
    """`cpu` in cores, `memory_in_gb`, `gpu` as whole ones; None for what is left to the target."""

    def __init__(self, cpu: float | None = None, memory_in_gb: float | None = None, gpu: int | None = None) -> None:
        _check("cpu", cpu, may_be_zero=False)
        _check("memory_in_gb", memory_in_gb, may_be_zero=False)
        _check("gpu", gpu, may_be_zero=True)
        self.cpu = cpu
        self.memory_in_gb = memory_in_gb
        self.gpu = gpu

    def serialize(self) -> dict[str, Any]:
        return {"cpu": self.cpu, "memoryInGB": self.memory_in_gb, "gpu": self.gpu}

    @staticmethod
    def deserialize(payload_obj: dict[str, Any] | None) -> "ResourceConfiguration | None":
        if payload_obj is None:
            return None
        return ResourceConfiguration(
            cpu=payload_obj.get("cpu"), memory_in_gb=payload_obj.get("memoryInGB"), gpu=payload_obj.get("gpu")
        )


def _check(name: str, value: float | None, *, may_be_zero: bool) -> None:
    """G-20. Raises UserErrorException."""
    if value is None:
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value < 0 or (value == 0 and not may_be_zero):
        wanted = "a number, 0 or more" if may_be_zero else "a number above 0"
        raise UserErrorException(f"{name} must be {wanted}, not {value!r}")
