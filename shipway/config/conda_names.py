"""What a line of a conda list means to pip: the tables and the grammar. Pure, and knows nothing of files.

Conda packs C libraries, programs and Python packages alike; an index of wheels has only the last, and wheels bring
the libraries that they need (contract Y-4, Y-7; decided for what exported environments hold).
"""

import re
from dataclasses import dataclass
from enum import Enum

SERVED_BY_SHIPWAY = frozenset({
    "azureml-contrib-services", "azureml-defaults", "azureml-inference-server-http", "azureml-model-management-sdk",
    "azureml-monitoring", "gunicorn",
})  # fmt: skip
"""Packages that only carried Microsoft's server: ours stands for them, and their pins clash with what is current."""

_PIP_NAMES = {
    "dask-core": "dask", "h2o-py": "h2o", "jpype1": "JPype1", "matplotlib-base": "matplotlib", "msgpack-python":
    "msgpack", "opencv": "opencv-python-headless", "py-lightgbm": "lightgbm", "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost", "py-xgboost-cpu": "xgboost", "pyqt": "PyQt5", "pytables": "tables", "python-graphviz":
    "graphviz", "pytorch": "torch", "pytorch-cpu": "torch", "ruamel-yaml": "ruamel.yaml", "seaborn-base": "seaborn",
    "sklearn": "scikit-learn", "tensorflow-base": "tensorflow", "tensorflow-eigen": "tensorflow", "tensorflow-mkl":
    "tensorflow", "torchvision-cpu": "torchvision", "xgboost-cpu": "xgboost",
}  # fmt: skip
"""Conda's name to pip's, where they differ."""

_WITHOUT_CUDA = {
    "keras-gpu": "keras", "lightgbm-gpu": "lightgbm", "py-xgboost-gpu": "xgboost", "pytorch-gpu": "torch",
    "tensorflow-gpu": "tensorflow", "tensorflow-gpu-base": "tensorflow",
}  # fmt: skip
"""What brought conda's CUDA with it, and the package of the same version that runs without."""

_CUDA = frozenset({
    "cuda", "cuda-nvcc", "cuda-runtime", "cuda-toolkit", "cudatoolkit", "cudatoolkit-dev", "cudnn", "cupti", "nccl",
    "pytorch-cuda",
})  # fmt: skip

_BROUGHT_BY_WHEELS = frozenset({
    "arrow-cpp", "attr", "aws-sdk-cpp", "blas", "blosc", "boost-cpp", "brotli", "bzip2", "c-ares", "ca-certificates",
    "cairo", "cpuonly", "dbus", "double-conversion", "expat", "fontconfig", "freetype", "geos", "gettext", "gflags",
    "giflib", "glib", "glog", "gmp", "graphite2", "gst-plugins-base", "gstreamer", "harfbuzz", "hdf4", "hdf5",
    "intel-openmp", "jpeg", "krb5", "lame", "lcms2", "ld-impl-linux-64", "leptonica", "lerc", "lz4-c", "lzo", "mkl",
    "mkl-fft", "mkl-random", "mkl-service", "mpc", "mpfr", "mysql-common", "mysql-libs", "ncurses", "nettle", "nomkl",
    "nspr", "nss", "openblas", "openh264", "openjpeg", "openmp-mutex", "openssl", "orc", "pango", "pcre", "pcre2",
    "pip", "pixman", "proj", "proj4", "py-xgboost-mutex", "python-abi", "pytorch-mutex", "qt", "qt-main", "re2",
    "readline", "snappy", "sqlite", "tbb", "tensorflow-select", "tflow-select", "tk", "tzcode", "utf8proc", "wheel",
    "xerces-c", "xz", "yaml", "zeromq", "zlib", "zstd",
})  # fmt: skip
"""What conda packs by itself and wheels or the interpreter bring along."""

_OF_WINDOWS = frozenset({
    "icc-rt", "menuinst", "msys2-conda-epoch", "pywin32", "pywinpty", "ucrt", "vc", "vc14-runtime", "vs2013-runtime",
    "vs2015-runtime", "win-inet-pton", "win-unicode-console", "wincertstore", "winpty",
})  # fmt: skip
"""Left by an export on Windows."""

_LIBRARIES_OF_PYTHON = frozenset({
    "libarchive-c", "libclang", "libcst", "libmr", "libpysal", "libpython", "librosa", "librt", "libsass", "libsvm",
    "libtpu",
})  # fmt: skip
"""Packages for Python whose names begin as C libraries' do."""

_CONDA_ONLY = frozenset({
    "anaconda", "cmake", "compilers", "ffmpeg", "gcc-linux-64", "gdal", "graphviz", "gxx-linux-64", "jdk", "libgdal",
    "mpi", "nltk-data", "nodejs", "openjdk", "openmpi", "pandoc", "poppler", "r", "tesseract", "unixodbc",
})  # fmt: skip
"""Programs and libraries that no wheel brings."""

_ENTRY = re.compile(r"(?:\S+::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<spec>[=<>!~ ].*)?")
_IN_BRACKETS = re.compile(r"(?P<name>(?:\S+::)?[\w.-]+)\s*\[(?P<keys>[^\[\]]*)\]")
_VERSION_KEY = re.compile(r"version\s*=\s*(?:'(?P<quoted>[^']*)'|\"(?P<doubly>[^\"]*)\"|(?P<bare>[^,\]]*))")
_ANY = re.compile(r"\.?\*+$")
"""Conda's 1.19* is 1.19.*: `*` stands for whole parts."""
_CLAUSE = re.compile(r"(?P<operator>==|~=|!=|<=|>=|=|<|>)?\s*(?P<version>[\w.*+!-]+)")


class Meaning(Enum):
    """What becomes of a line of a conda list."""

    PYTHON = "the pin of Python"
    REQUIREMENT = "a package of an index"
    SERVED = "Shipway's server stands for it"
    CONDA = "only conda has it"
    BROUGHT = "wheels bring it"
    GUESSED = "left out by its name"
    CUDA = "conda's CUDA"


_BY_NAME = (
    (frozenset({"python"}), Meaning.PYTHON),
    (SERVED_BY_SHIPWAY, Meaning.SERVED),
    (_CONDA_ONLY, Meaning.CONDA),
    (_CUDA, Meaning.CUDA),
    (_BROUGHT_BY_WHEELS, Meaning.BROUGHT),
    (_OF_WINDOWS, Meaning.GUESSED),
)


@dataclass(frozen=True, kw_only=True)
class Translated:
    """`text` is what a pip list would have, or the pin of Python; for CONDA the line as it was."""

    meaning: Meaning
    name: str
    text: str = ""
    without_cuda: bool = False


def translate(entry: str) -> Translated | None:
    """None for a line that has no equal among pip's requirements."""
    found = _ENTRY.fullmatch(_plain(entry))
    spec = None if found is None else pip_specifier(found["spec"] or "")
    if found is None or spec is None:
        return None
    name = normal_name(found["name"])
    meaning = _meaning(name)
    match meaning:
        case Meaning.PYTHON:
            text = _python(spec)
        case Meaning.REQUIREMENT:
            pip_name = _WITHOUT_CUDA.get(name) or _PIP_NAMES.get(name, found["name"])
            name, text = normal_name(pip_name), pip_name + spec
        case Meaning.CONDA:
            text = entry
        case _:
            text = found["name"] + spec
    return Translated(meaning=meaning, name=name, text=text, without_cuda=normal_name(found["name"]) in _WITHOUT_CUDA)


def _meaning(name: str) -> Meaning:
    for names, meaning in _BY_NAME:
        if name in names:
            return meaning
    if name.startswith(("r-", "spacy-model-")):
        return Meaning.CONDA
    if name.startswith("m2w64-") or (name.startswith("lib") and name not in _LIBRARIES_OF_PYTHON):
        return Meaning.GUESSED
    return Meaning.REQUIREMENT


def pip_specifier(spec: str) -> str | None:
    """`=1.23` is `==1.23.*`; `=1.23=py38_0` names one build, so one version; `==`, `>=` and the like are pip's own.

    None for what pip cannot say, such as `1.20|1.21`.
    """
    spec = spec.strip()
    if not spec:
        return ""
    if spec[0] not in "<>!~" and "," not in spec:
        version, build = _version_and_build(spec)
        return _one_version(version, fuzzy=spec[0] == "=" and not spec.startswith("==") and not build)
    clauses = [_clause(clause.strip()) for clause in spec.split(",")]
    return None if None in clauses else ",".join(clause for clause in clauses if clause)


def _version_and_build(spec: str) -> tuple[str, str]:
    version, _, build = spec.lstrip("= ").replace(" ", "=", 1).partition("=")
    return version, build.strip("= ")


def _one_version(version: str, *, fuzzy: bool) -> str | None:
    if version in {"", "*"}:
        return ""
    if not re.fullmatch(r"[\w.*+!-]+", version):
        return None
    bare = _ANY.sub("", version)
    return f"=={bare}.*" if fuzzy or bare != version else f"=={version}"


def _clause(text: str) -> str | None:
    match = _CLAUSE.fullmatch(text)
    if match is None:
        return None
    operator, version = match["operator"] or "==", match["version"]
    if operator == "=" or version == "*":
        return _one_version(version, fuzzy=True)
    bare = _ANY.sub("", version)
    return operator + (bare if bare == version or operator[0] in "<>~" else f"{bare}.*")


def _plain(entry: str) -> str:
    """`numpy[version='>=1.2']`, conda's longest way to write a line, in its shortest."""
    match = _IN_BRACKETS.fullmatch(entry.strip())
    version = _VERSION_KEY.search(match["keys"]) if match else None
    if match is None or version is None:
        return entry.strip()
    wanted = (version["quoted"] or version["doubly"] or version["bare"] or "").strip()
    return match["name"] + (wanted if wanted[:1] in "<>!~=" else f"={wanted}")


def _python(spec: str) -> str:
    """As authors write it: 3.6.2, 3.8, or bounds; a lone 3 is any 3."""
    pin = spec.removeprefix("==").removesuffix(".*")
    return f">={pin}" if pin.isdecimal() else pin


def normal_name(name: str) -> str:
    """As package indexes compare names; conda's leading underscores dropped."""
    return re.sub(r"[-_.]+", "-", name.lstrip("_")).lower()
