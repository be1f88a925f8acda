"""What Azure's environment brought without being asked is added by name, and told."""

from shipway.asset.azureml_packages import azureml_pin, packages_of_azure, with_packages
from shipway.asset.imports import Provided
from shipway.domain.environment import Environment, PinChange
from tests.unit.asset.conftest import imported


def environment(*requirements: str, served: tuple[str, ...] = ("azureml-defaults",)) -> Environment:
    return Environment(name="e", requirements=requirements, served=served)


def test_a_script_that_needs_nothing_of_azure_gets_nothing(offered: Provided) -> None:
    imports = imported("json", "numpy", "azureml.core.model", "azureml.monitoring", "cv2")
    assert packages_of_azure(environment("numpy"), imports, offered) == ()


def test_names_beyond_the_stand_ins_bring_the_real_package_at_the_authors_own_pin(offered: Provided) -> None:
    imports = imported("azureml.core", names=("Workspace", "LinkedService"))
    served = ("azureml-defaults==1.33.0.post1",)
    assert packages_of_azure(environment(served=served), imports, offered) == (
        PinChange(
            before="",
            after="azureml-core~=1.33.0",
            reason="score.py:1 imports LinkedService of azureml.core, for which there is no stand-in: the real package "
            "is taken",
        ),
    )
    (unpinned,) = packages_of_azure(environment(), imports, offered)
    assert unpinned.after == "azureml-core"


def test_the_pin_of_any_of_azures_packages_counts(offered: Provided) -> None:
    assert azureml_pin(environment("azureml-interpret==1.20", served=())) == "1.20"
    (added,) = packages_of_azure(
        environment("azureml-interpret==1.20", served=()), imported("azureml.automl.runtime"), offered
    )
    assert added.after == "azureml-automl-runtime~=1.20.0"
    assert azureml_pin(environment("azureml-core>=1.20")) is None


def test_what_the_author_names_already_is_not_added(offered: Provided) -> None:
    imports = imported("azureml.core", names=("LinkedService",))
    assert packages_of_azure(environment("azureml-core"), imports, offered) == ()
    assert packages_of_azure(environment("azureml-sdk"), imports, offered) == ()
    assert packages_of_azure(environment("azureml-train-automl-runtime==1.1"), imports, offered) == ()


def test_data_collection_never_brings_its_broken_package(offered: Provided) -> None:
    imports = imported("azureml.monitoring", names=("ModelDataCollector", "SomethingElse"))
    assert packages_of_azure(environment(), imports, offered) == ()


def test_packages_that_came_along_with_azureml_defaults_are_kept(offered: Provided) -> None:
    added = packages_of_azure(environment(), imported("requests", "dateutil.parser", "json", "sklearn"), offered)
    assert [change.after for change in added] == ["requests", "python-dateutil"]
    assert added[0].reason == "score.py:1 imports requests, which came with azureml-defaults on Azure"
    assert packages_of_azure(environment("Requests>=2"), imported("requests"), offered) == ()
    assert packages_of_azure(environment(served=()), imported("requests"), offered) == ()


def test_what_comes_with_a_package_of_the_authors_needs_no_addition(offered: Provided) -> None:
    imports = imported("numpy", "dateutil")
    assert packages_of_azure(environment("Scikit_Learn", "pandas==1.0"), imports, offered) == ()
    assert [c.after for c in packages_of_azure(environment("nltk"), imports, offered)] == ["numpy", "python-dateutil"]


def test_pandas_came_along_until_1_34_and_inference_schema_later(offered: Provided) -> None:
    imports = imported("pandas", "inference_schema.schema_decorators")
    old = packages_of_azure(environment(served=("azureml-defaults==1.34.0",)), imports, offered)
    new = packages_of_azure(environment(served=("azureml-defaults==1.35.0",)), imports, offered)
    assert [change.after for change in old] == ["pandas"]
    assert [change.after for change in new] == ["inference-schema"]


def test_optional_imports_and_the_authors_own_modules_add_nothing(offered: Provided) -> None:
    assert packages_of_azure(environment(), imported("requests", optional=True), offered) == ()
    assert packages_of_azure(environment(), imported("requests", local=True), offered) == ()
    managed = Environment(name="e", user_managed=True, served=("azureml-defaults",))
    assert packages_of_azure(managed, imported("requests"), offered) == ()


def test_an_environment_remembers_what_was_added() -> None:
    change = PinChange(before="", after="requests", reason="because")
    changed = with_packages(environment("numpy"), [change])
    assert (changed.requirements, changed.changes) == (("numpy", "requests"), (change,))
