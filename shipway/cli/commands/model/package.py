"""shipway model package: v1's assets as a container image, or as a Docker build context. It releases nothing."""

from argparse import Namespace, _ArgumentGroup
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipway.cli.context import Context
from shipway.cli.output import fields, size
from shipway.cli.parser import Parser
from shipway.cli.v1_flags import add_inference_flags, add_models_flags, add_option, inference_of, models_of
from shipway.cli.v1_release import AS_OF, day_of_the_environment
from shipway.domain.image import short_digest
from shipway.machine.progress import telling

if TYPE_CHECKING:
    from shipway.release.packaging import Package

_RELEASES_NOTHING = "nothing was verified or released: `shipway model deploy` does that"


def add_arguments(parser: Parser) -> None:
    package = parser.add_verb("package", _package, "build a container image of models and script, or a Docker context")
    add_models_flags(package)
    add_inference_flags(package)
    group = package.add_argument_group("package")
    add_option(group, "--in", "--image-name", metavar="NAME", help="what the engine calls the image")
    add_option(group, "--il", "--image-label", metavar="TAG", help="the tag behind that name; default: latest")
    group.add_argument(
        "--output-path", type=Path, metavar="DIR", help="write a Docker build context there instead of an image"
    )
    group.add_argument(
        "--provide", action="append", default=[], metavar="NAME", help="put it into the base, such as mpi"
    )
    add_pin_flags(group)
    group.add_argument("--no-wait", action="store_true", help="taken, and changes nothing: it is built at once")


def add_pin_flags(group: _ArgumentGroup) -> None:
    """How the environment is resolved: as in a release."""
    group.add_argument("--as-of", metavar="DATE", help=f"YYYY-MM-DD: the day of unpinned packages; default: ${AS_OF}")
    group.add_argument("--relax", action="store_true", help="accept the proposed changes of pins that do not resolve")


def read_asked(args: Namespace, context: Context) -> "Package":
    """What `-m`, `-f`, `--ic` and the other flags name, read and kept; warnings are said."""
    from shipway.domain.image import ImageConfig
    from shipway.release.packaging import PackageAsked, read_package

    inference = inference_of(args, context)
    asked = PackageAsked(
        models=models_of(args),
        inference=inference.value,
        working_directory=context.folder,
        image=ImageConfig(provide=tuple(getattr(args, "provide", ()))),
        as_of=args.as_of or day_of_the_environment(),
        relax=args.relax,
    )
    package = read_package(asked, context.workspace(), now=datetime.now(UTC))
    for line in (*inference.warnings, *package.warnings):
        context.output.say(f"warning: {line}")
    return package.value


def _package(args: Namespace, context: Context) -> int:
    from shipway.release.packaging import refuse_bad_name

    refuse_bad_name(args.image_name, args.image_label)
    package = read_asked(args, context)
    return _write_context(args, context, package) if args.output_path else _build(args, context, package)


def _build(args: Namespace, context: Context, package: "Package") -> int:
    from shipway.release.packaging import package_image

    with telling(context.output.say):
        made = package_image(
            package, context.workspace(), context.state(), name=args.image_name, label=args.image_label
        )
    for line in made.told:
        context.output.say(line)
    image = made.image
    document = {
        "name": made.name,
        "digest": image.digest,
        "location": image.location,
        "sizeBytes": image.size_bytes,
        "models": sorted(label for label in image.labels if ":" in label),
        "python": image.labels.get("python", ""),
        "base": image.labels.get("base", ""),
    }
    lines = fields(
        {
            "image": made.name,
            "id": short_digest(image.digest),
            "size": size(image.size_bytes),
            "python": image.labels.get("python", ""),
            "run it": f"docker run -p 5001:5001 {made.name}",
        }
    )
    context.output.record(document, [f"packaged as {made.name}", *lines])
    context.output.say(_RELEASES_NOTHING)
    return 0


def _write_context(args: Namespace, context: Context, package: "Package") -> int:
    from shipway.release.packaging import package_context

    folder = context.folder / args.output_path
    with telling(context.output.say):
        written = package_context(package, context.workspace(), context.state(), folder)
    for line in written.told:
        context.output.say(line)
    document = {"outputPath": str(folder), "base": written.base, "sizeBytes": written.size_bytes}
    name = args.image_name or "NAME"
    tagged = f"{name}:{args.image_label}" if args.image_label else name
    lines = fields(
        {
            "base": written.base,
            "size": size(written.size_bytes),
            "build it": f"docker build -t {tagged} {args.output_path}",
            "run it": f"docker run -p 5001:5001 {tagged}",
        }
    )
    context.output.record(document, [f"wrote a Docker context to {args.output_path}", *lines])
    context.output.say("the script's imports were not tried: that takes an image, without --output-path")
    context.output.say(_RELEASES_NOTHING)
    return 0
