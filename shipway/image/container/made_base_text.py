"""The Dockerfile of a base that has to be made: the author's own, conda's packages, what was asked for, extra steps.

Pure. Steps run on the base, before the environment is there: in v1 they ran after it.
"""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shipway.domain.base_table import Provided
from shipway.domain.environment import Environment
from shipway.errors import BuildError
from shipway.image.dockerfile import Instruction, from_context, instructions_in, unknown_instruction

CONDA = "/opt/shipway/conda"
_STAGE = "shipway-conda"
_USUAL_CHANNEL = "conda-forge"
_NO_CHANNEL = "nodefaults"
"""conda's word for: none but those named."""


@dataclass(frozen=True, kw_only=True)
class CondaStage:
    """A stage that makes an environment of conda's packages with the asset's Python. `micromamba` is its image."""

    micromamba: str
    python: str
    packages: tuple[str, ...]
    channels: tuple[str, ...]

    def lines(self) -> list[str]:
        words = ["micromamba", "create", "--yes", "--quiet", "--prefix", CONDA, "--override-channels"]
        for channel in channels_for(self.channels):
            words += ["--channel", channel]
        words += [_python_of_conda(self.python), *self.packages]
        return [
            f"FROM {self.micromamba} AS {_STAGE}",
            "USER root",
            f"RUN {shlex.join(words)} && micromamba clean --all --yes --quiet",
        ]


def made_base_text(
    start: str, *, conda: CondaStage | None = None, provided: Sequence[Provided] = (), steps: str = ""
) -> str:
    """`start` is a Dockerfile, or `FROM` and an image. The same inputs give the same text."""
    parts = [start.removeprefix("\ufeff").strip()]
    if conda:
        parts = _before_first_from(parts[0], conda.lines())
        parts += [f"COPY --from={_STAGE} {CONDA} {CONDA}", f'ENV PATH="{CONDA}/bin:$PATH"']
    if conda or provided or steps.strip():
        parts.append("USER root")
    parts += [part.steps.strip() for part in provided]
    parts.append(steps.strip())
    return "".join(f"{part}\n" for part in parts if part)


def _before_first_from(start: str, stage: Iterable[str]) -> list[str]:
    """An ARG that stands above the first FROM has a value for FROM there alone."""
    lines = start.splitlines()
    above = next((each.line - 1 for each in instructions_in(start) if each.word == "FROM"), 0)
    return [*lines[:above], *stage, *lines[above:]]


def channels_for(channels: Iterable[str]) -> list[str]:
    """Those of the author. Without any, conda-forge: micromamba knows no default ones, and conda's own have terms."""
    named = [channel for channel in channels if channel != _NO_CHANNEL]
    return named or [_USUAL_CHANNEL]


def refuse_bad_steps(environment: Environment) -> None:
    """Raises BuildError, naming the line, for what cannot be carried out here."""
    base = environment.base
    for where, text in (("the extra Docker steps", base.steps), ("docker.baseDockerfile", base.dockerfile or "")):
        if (found := unknown_instruction(text)) is not None:
            raise BuildError(
                f"{environment.called}: line {found.line} of {where} is no instruction of a Dockerfile ({found.shown})"
            )
        if (found := from_context(text)) is not None:
            raise _takes_files(environment, where, found)
    if (found := next((each for each in instructions_in(base.steps) if each.word == "FROM"), None)) is not None:
        raise BuildError(
            f"{environment.called}: line {found.line} of the extra Docker steps begins another image ({found.shown}); "
            "steps are run on the base image: name that image as base image, or as image.base in the release file"
        )
    if base.dockerfile is not None and not any(each.word == "FROM" for each in instructions_in(base.dockerfile)):
        raise BuildError(f"{environment.called}: docker.baseDockerfile has no FROM; it must be a Dockerfile")


def _takes_files(environment: Environment, where: str, found: Instruction) -> BuildError:
    return BuildError(
        f"{environment.called}: line {found.line} of {where} takes files from beside it ({found.shown}), and there are "
        "none: v1 gave such steps no files either; fetch them with RUN or ADD from an address, put them into the "
        "source directory, or make a base image with them and name it as image.base in the release file"
    )


def _python_of_conda(pin: str) -> str:
    """`3.6.2` is that one and `3.6` any of it, as the author's conda file had it."""
    return f"python={pin}" if pin[0].isdigit() else f"python{pin}"
