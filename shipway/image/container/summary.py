"""An image as rows of a table, for people. Pure."""

from shipway.domain.image import Image, short_digest

_MB = 1_000_000


def summary_of(image: Image) -> list[dict[str, str]]:
    """Columns `what`, `value` and `digest`. Layers come lowest first, the base's own as one."""
    ours = sum(layer.size_bytes for layer in image.layers)
    base = [_row("layers of the base", _size(max(image.size_bytes - ours, 0)), "")] if image.layers else []
    layers = [
        _row(f"layer {layer.name}", _size(layer.size_bytes), short_digest(layer.digest)) for layer in image.layers
    ]
    return [
        _row("image", _size(image.size_bytes), image.digest),
        _row("kept in", image.location, ""),
        _row("interpreter", image.interpreter, ""),
        *base,
        *layers,
        *(_of_label(name, value) for name, value in sorted(image.labels.items())),
    ]


def _of_label(name: str, value: str) -> dict[str, str]:
    """Names with a colon are models: their value is a digest."""
    return _row(f"model {name}", "", value) if ":" in name else _row(name, value, "")


def _row(what: str, value: str, digest: str) -> dict[str, str]:
    return {"what": what, "value": value, "digest": digest}


def _size(size_bytes: int) -> str:
    return f"{size_bytes / _MB:,.1f} MB"
