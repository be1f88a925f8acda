"""uv's refusals, as they were printed by uv 0.13: which packages they are about."""

from shipway.image.packages.mending.complaints import in_the_way, needed_by, unknown_to_the_index, without_a_file

NO_WHEEL = """error: No solution found when resolving dependencies
  cause: Because numpy==1.15.0 has no usable wheels and you require numpy==1.15.0, we can conclude that your \
requirements are unsatisfiable.

hint: Wheels are required for `numpy` because building from source is disabled for all packages (i.e., with \
`--no-build`)
"""
NO_VERSION = "cause: Because there is no version of tensorflow==2.0.0b1 and you require tensorflow==2.0.0b1, we can"
OTHER_PYTHON = "cause: Because tensorflow==1.15.0 has no wheels with a matching Python ABI tag (e.g., `cp38`) and you"
NONE_OF_THAT = """error: No solution found when resolving dependencies
  cause: Because only the following versions of scikit-learn are available:
             scikit-learn<0.20.99.dev0
             scikit-learn>0.20.100.dev0
         and you require scikit-learn==0.20.99.*, we can conclude that your requirements are unsatisfiable.
"""
UNKNOWN = "cause: Because contoso-scoring was not found in the package registry and you require contoso-scoring==1, we"
CLASH = """error: No solution found when resolving dependencies
  cause: Because tensorflow==2.3.0 depends on numpy>=1.16.0,<1.19.0 and you require tensorflow==2.3.0, we can conclude \
that you require numpy>=1.16.0,<1.19.0.
         And because you require numpy==1.20.0, we can conclude that your requirements are unsatisfiable.
"""


def test_what_has_no_file_for_this_python_is_found_with_its_version() -> None:
    assert without_a_file(NO_WHEEL) == {"numpy": "1.15.0"}
    assert without_a_file(NO_VERSION) == {"tensorflow": "2.0.0b1"}
    assert without_a_file(OTHER_PYTHON) == {"tensorflow": "1.15.0"}
    assert without_a_file("Failed to build `fbprophet==0.5`\n cause: ...") == {"fbprophet": "0.5"}
    assert without_a_file(CLASH) == {}
    assert without_a_file(NONE_OF_THAT) == {"scikit-learn": "0.20.99"}


def test_what_no_index_has_is_found() -> None:
    assert unknown_to_the_index(UNKNOWN) == {"contoso-scoring"}
    assert unknown_to_the_index(CLASH) == set()


def test_of_pins_that_clash_the_one_that_another_depends_on_comes_first() -> None:
    assert in_the_way(CLASH, ["tensorflow", "numpy", "pandas"]) == ["numpy", "tensorflow"]


def test_who_needs_what_is_told_in_words() -> None:
    assert needed_by(CLASH, "numpy") == "tensorflow 2.3.0 needs numpy>=1.16.0,<1.19.0"
    assert needed_by(CLASH, "tensorflow") == ""
    assert needed_by("all versions of beta depend on alpha<2 and you require beta", "alpha") == "beta needs alpha<2"
