"""The rules of mending: one case for each, so that none is there that nobody tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from shipway.image.packages.mending.pins import pins_asked
from shipway.image.packages.mending.rules import Rule, Situation, changes_of, fits, fitting, read_rules, rules


@dataclass(frozen=True)
class Case:
    """An author's lines, what they resolved to, what was said; and the lines that a rule makes of them."""

    asked: str
    mended: str
    versions: Mapping[str, str] | None = field(default_factory=dict)
    words: str = ""
    python: str = "3.8.18"


def _with(*versions: str) -> dict[str, str]:
    return dict(version.split("==") for version in versions)


GONE = "Because there is no version of azureml-dataprep-rslex==1.5.0 and azureml-dataprep==2.8.2 depends on it"
LOADED = "libcublas.so.10.0: cannot open shared object file: No such file or directory"

CASES = {
    "scikit-learn-beside-numpy-2": Case(
        "scikit-learn==1.2.2", "scikit-learn==1.2.2 numpy<2", _with("scikit-learn==1.2.2", "numpy==2.2.6")
    ),
    "pandas-beside-numpy-2": Case("pandas==1.5.3", "pandas==1.5.3 numpy<2", _with("pandas==1.5.3", "numpy==2.0.0")),
    "onnxruntime-beside-numpy-2": Case(
        "onnxruntime==1.17.0 numpy", "onnxruntime==1.17.0 numpy<2", _with("onnxruntime==1.17.0", "numpy==2.2.6")
    ),
    "opencv-beside-numpy-2": Case(
        "opencv-python-headless==4.8.0.76",
        "opencv-python-headless==4.8.0.76 numpy<2",
        _with("opencv-python-headless==4.8.0.76", "numpy==2.2.6"),
    ),
    "torch-beside-numpy-2": Case(
        "torch==2.1.0 numpy>=1.20", "torch==2.1.0 numpy>=1.20,<2", _with("torch==2.1.0", "numpy==2.2.6")
    ),
    "compiled-for-numpy-1": Case(
        "statsmodels==0.13.5",
        "statsmodels==0.13.5 numpy<2",
        _with("numpy==2.2.6"),
        "statsmodels.api: ValueError: numpy.dtype size changed, may indicate binary incompatibility",
    ),
    "numpy-aliases": Case(
        "shap==0.40.0 numpy",
        "shap==0.40.0 numpy<1.24",
        _with("numpy==1.24.4"),
        "shap: AttributeError: module 'numpy' has no attribute 'bool'",
    ),
    "numpy-names-of-1": Case(
        "numpy", "numpy<2", _with("numpy==2.2.6"), "AttributeError: `np.NaN` was removed in the NumPy 2.0 release."
    ),
    "scikit-learn-externals": Case(
        "scikit-learn",
        "scikit-learn<0.23",
        _with("scikit-learn==0.24.2"),
        "sklearn.externals: ImportError: cannot import name 'joblib'",
        "3.6.15",
    ),
    "scikit-learn-imputer": Case(
        "scikit-learn",
        "scikit-learn<0.22",
        _with("scikit-learn==0.24.2"),
        "sklearn.preprocessing: ImportError: cannot import name 'Imputer'",
    ),
    "scikit-learn-cross-validation": Case(
        "scikit-learn",
        "scikit-learn<0.20",
        _with("scikit-learn==0.24.2"),
        "ModuleNotFoundError: No module named 'sklearn.cross_validation'",
    ),
    "scipy-misc-images": Case(
        "scipy", "scipy<1.2", _with("scipy==1.5.4"), "scipy.misc: ImportError: cannot import name 'imread'"
    ),
    "gensim-beside-scipy": Case("gensim==4.3.0", "gensim==4.3.0 scipy<1.13", _with("gensim==4.3.0", "scipy==1.13.1")),
    "tensorflow-beside-h5py-3": Case(
        "tensorflow==2.0.0", "tensorflow==2.0.0 h5py<3", _with("tensorflow==2.0.0", "h5py==3.1.0")
    ),
    "keras-beside-h5py-3": Case("keras==2.3.1 h5py", "keras==2.3.1 h5py<3", _with("keras==2.3.1", "h5py==3.1.0")),
    "tensorflow-beside-protobuf-4": Case(
        "tensorflow==2.3.0", "tensorflow==2.3.0 protobuf<3.21", _with("tensorflow==2.3.0", "protobuf==5.29.6")
    ),
    "onnx-beside-protobuf-4": Case(
        "onnx==1.8.0", "onnx==1.8.0 protobuf<3.21", _with("onnx==1.8.0", "protobuf==5.29.6")
    ),
    "generated-for-protobuf-3": Case(
        "tensorboard==2.2.0",
        "tensorboard==2.2.0 protobuf<3.21",
        _with("protobuf==5.29.6"),
        "tensorboard: TypeError: Descriptors cannot be created directly.",
    ),
    "tensorflow-1-names": Case(
        "tensorflow",
        "tensorflow<2",
        _with("tensorflow==2.6.2"),
        "AttributeError: module 'tensorflow' has no attribute 'Session'",
        "3.6.15",
    ),
    "tensorflow-2-before-its-release": Case("tensorflow==2.0.0-rc1", "tensorflow==2.0.0", None),
    "tensorflow-gpu-without-cuda": Case("tensorflow-gpu==1.15.0", "tensorflow==1.15.0", {}, LOADED),
    "onnxruntime-gpu-without-cuda": Case("onnxruntime-gpu==1.4.0", "onnxruntime==1.4.0", {}, LOADED),
    "flask-beside-werkzeug-3": Case(
        "flask==2.1.0", "flask==2.1.0 werkzeug<3", _with("flask==2.1.0", "werkzeug==3.0.6")
    ),
    "flask-1-beside-werkzeug": Case(
        "flask==1.1.2 werkzeug", "flask==1.1.2 werkzeug<2.1", _with("flask==1.1.2", "werkzeug==2.2.3")
    ),
    "flask-1-beside-jinja2": Case("flask==1.1.2", "flask==1.1.2 jinja2<3.1", _with("flask==1.1.2", "jinja2==3.1.6")),
    "flask-1-beside-itsdangerous": Case(
        "flask==1.1.2", "flask==1.1.2 itsdangerous<2.1", _with("flask==1.1.2", "itsdangerous==2.1.2")
    ),
    "jinja2-2-beside-markupsafe": Case(
        "jinja2==2.11.2", "jinja2==2.11.2 markupsafe<2.1", _with("jinja2==2.11.2", "markupsafe==2.1.5")
    ),
    "werkzeug-of-its-time": Case(
        "werkzeug",
        "werkzeug<1",
        _with("werkzeug==2.2.3"),
        "ImportError: cannot import name 'secure_filename' from 'werkzeug' (/x/werkzeug/__init__.py)",
    ),
    "pkg-resources-taken-away": Case(
        "gunicorn==20.1.0",
        "gunicorn==20.1.0 setuptools<81",
        _with("setuptools==82.0.0"),
        "ModuleNotFoundError: No module named 'pkg_resources'",
    ),
    "pkg-resources-not-there": Case(
        "azureml-core==1.27.0",
        "azureml-core==1.27.0 setuptools<81",
        {},
        "ModuleNotFoundError: No module named 'pkg_resources'",
    ),
    "distutils": Case("", "setuptools<81", {}, "ModuleNotFoundError: No module named 'distutils'", "3.12.1"),
    "pyopenssl-beside-cryptography-39": Case(
        "pyOpenSSL==22.0.0", "pyOpenSSL==22.0.0 cryptography<39", _with("pyopenssl==22.0.0", "cryptography==40.0.2")
    ),
    "pyopenssl-beside-cryptography-42": Case(
        "pyOpenSSL==23.1.0", "pyOpenSSL==23.1.0 cryptography<42", _with("pyopenssl==23.1.0", "cryptography==46.0.0")
    ),
    "openssl-names": Case(
        "adal",
        "adal cryptography<39",
        _with("cryptography==40.0.2"),
        "module 'lib' has no attribute 'X509_get_notBefore'",
    ),
    "requests-beside-urllib3-2": Case(
        "botocore==1.20.0",
        "botocore==1.20.0 urllib3<2",
        _with("urllib3==2.2.0"),
        "ImportError: cannot import name 'DEFAULT_CIPHERS' from 'urllib3.util.ssl_'",
    ),
    "hub-downloads": Case(
        "sentence-transformers==2.2.2",
        "sentence-transformers==2.2.2 huggingface-hub<0.26",
        _with("huggingface-hub==0.30.0"),
        "ImportError: cannot import name 'cached_download' from 'huggingface_hub'",
    ),
    "azureml-sdk-without-dataprep": Case(
        "azureml-sdk[notebooks]==1.27.0 numpy", "azureml-core==1.27.0 numpy", None, GONE
    ),
    "azureml-dataset-runtime-gone": Case("azureml-dataset-runtime[pandas]==1.27.0 pandas", "pandas", None, GONE),
    "azureml-dataprep-gone": Case("azureml-dataprep==2.14.0 six", "six", None, GONE),
    "azureml-core-colorama": Case(
        "azureml-core==1.0.6",
        "azureml-core==1.0.6 colorama",
        _with("azureml-core==1.0.6"),
        "ModuleNotFoundError: No module named 'colorama'",
    ),
    "sklearn-is-scikit-learn": Case("sklearn==0.0", "scikit-learn", None),
}


def _rule(name: str) -> Rule:
    return next(rule for rule in rules() if rule.id == name)


def _situation(case: Case) -> Situation:
    return Situation(python=case.python, asked=pins_asked(case.asked.split()), versions=case.versions, words=case.words)


def test_every_rule_has_a_case() -> None:
    assert [rule.id for rule in rules()] == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_makes_of_the_authors_lines(name: str) -> None:
    case, lines = CASES[name], CASES[name].asked.split()
    situation = _situation(case)
    assert fits(_rule(name), situation)
    for change in changes_of(_rule(name), situation):
        lines = [change.after if line == change.before else line for line in lines]
        lines += [change.after] if not change.before else []
    assert list(filter(None, lines)) == case.mended.split()


@pytest.mark.parametrize("name", CASES)
def test_a_rule_has_nothing_to_say_of_what_it_mended(name: str) -> None:
    """The lock of the mended lines is not known here: what was bounded is within its bounds then."""
    case = CASES[name]
    situation = Situation(
        python=case.python, asked=pins_asked(case.mended.split()), versions=case.versions, words=case.words
    )
    assert not [rule.id for rule, _ in fitting(situation, [_rule(name)])]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.words])
def test_a_rule_that_goes_by_words_is_silent_without_them(name: str) -> None:
    case = CASES[name]
    situation = Situation(python=case.python, asked=pins_asked(case.asked.split()), versions=case.versions, words="")
    assert not fits(_rule(name), situation)


@pytest.mark.parametrize("name", [rule.id for rule in rules() if rule.resolved])
def test_a_rule_of_resolved_packages_waits_for_a_lock(name: str) -> None:
    case = CASES[name]
    situation = Situation(python=case.python, asked=pins_asked(case.asked.split()), words=case.words)
    assert not fits(_rule(name), situation)


def test_an_author_who_kept_to_it_is_left_alone() -> None:
    versions = {"scikit-learn": "1.2.2", "numpy": "1.26.4"}
    asked = pins_asked(["scikit-learn==1.2.2", "numpy<2"])
    assert not list(fitting(Situation(python="3.11.7", asked=asked, versions=versions)))


def test_a_version_that_is_none_fits_no_bounds() -> None:
    versions = {"torch": None, "numpy": "2.1.0"}
    assert not list(fitting(Situation(python="3.11.7", asked={}, versions=versions)))


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({"id": "a", "asked": {"x": ""}, "add": ["y"]}, "a: no reason"),
        ({"id": "a", "reason": "r", "add": ["y"]}, "a: fits everything"),
        ({"id": "a", "reason": "r", "words": "w"}, "a: changes nothing"),
        ({"id": "a", "reason": "r", "words": "w", "cap": ["y<2"]}, "a: unknown keys ['cap']"),
    ],
)
def test_a_rule_that_does_not_say_why_when_or_what_is_refused(document: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match="a: ") as error:
        list(read_rules([document]))
    assert str(error.value) == fault


def test_a_rule_for_what_is_absent_is_silent_where_it_is_there() -> None:
    words = "ModuleNotFoundError: No module named 'pkg_resources'"
    situation = Situation(python="3.8.18", asked={}, versions={"setuptools": "70.0.0"}, words=words)
    assert not fits(_rule("pkg-resources-not-there"), situation)
