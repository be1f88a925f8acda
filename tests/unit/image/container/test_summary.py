from shipway.domain.image import DOCKER, PROCESS, Image, ImageLayer
from shipway.image.container.summary import summary_of

LABELS = {"digits:3": "d" * 64, "lock": "l" * 64, "python": "3.11.7"}


def test_a_container_image_is_shown_with_the_size_of_each_layer() -> None:
    layers = (
        ImageLayer(name="dependencies", digest="sha256:" + "a" * 64, size_bytes=30_000_000),
        ImageLayer(name="model digits:3", digest="sha256:" + "b" * 64, size_bytes=1_200_000_000),
    )
    image = Image(
        kind=DOCKER,
        digest="sha256:" + "c" * 64,
        location="r.example/digits@sha256:" + "c" * 64,
        interpreter="/opt/shipway/venv/bin/python",
        labels=LABELS,
        size_bytes=1_380_000_000,
        layers=layers,
    )
    assert [(row["what"], row["value"], row["digest"]) for row in summary_of(image)] == [
        ("image", "1,380.0 MB", "sha256:" + "c" * 64),
        ("kept in", "r.example/digits@sha256:" + "c" * 64, ""),
        ("interpreter", "/opt/shipway/venv/bin/python", ""),
        ("layers of the base", "150.0 MB", ""),
        ("layer dependencies", "30.0 MB", "a" * 12),
        ("layer model digits:3", "1,200.0 MB", "b" * 12),
        ("model digits:3", "", "d" * 64),
        ("lock", "l" * 64, ""),
        ("python", "3.11.7", ""),
    ]


def test_a_bundle_has_no_layers() -> None:
    image = Image(kind=PROCESS, digest="e" * 64, location="/b", interpreter="/p", labels=LABELS, size_bytes=5_000)
    assert [row["what"] for row in summary_of(image)] == [
        "image", "kept in", "interpreter", "model digits:3", "lock", "python",
    ]  # fmt: skip
