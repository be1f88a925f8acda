"""How the page is read. What it says is tried in the other modules, by `make walkthroughs`."""

import pytest

from tests.walkthroughs.page import missing_line, steps


@pytest.mark.parametrize(("article", "language"), [("A", "sh"), ("A", "python"), ("B", "sh"), ("B", "python")])
def test_every_step_of_the_articles_that_has_a_command_or_python_is_on_the_page(article: str, language: str) -> None:
    names = {step.name for step in steps(article, language)}
    without = {("A", "sh"): {"A8"}, ("B", "sh"): {"B9"}}.get((article, language), set())
    last = 10 if article == "A" else 9  # batches and devices are flows of their own
    assert names == {"setup", *(f"{article}{number}" for number in range(1, last + 1))} - without


CALLS = {
    ("A", "sh"): """workspace list --resource-group | model register -n bidaf_onnx -p | --asset-path outputs/model.onnx
        --experiment-name myexperiment --run-id | model deploy -n myservice -m bidaf_onnx:1 --overwrite --ic
        inferenceconfig.json --dc deploymentconfig.json | curl -v http://localhost:32267 | /score |
        inferenceconfig-2.json | deploymentconfig-aci.json | service show | get-logs |
        service delete myservice | model delete bidaf_onnx:1""",
    ("A", "python"): """Workspace( | Workspace.from_config() | Model.register(ws, | run.register_model(model_name= |
        register_model(description= | .model_id | Environment(name="project_environment") | InferenceConfig( |
        LocalWebservice.deploy_configuration(port=6789) | Model.deploy( | overwrite=True |
        wait_for_deployment(show_output=True) | get_logs() | requests.get( | requests.post(uri | add_pip_package( |
        AciWebservice.deploy_configuration(cpu_cores=0.5, memory_gb=1 | Webservice(workspace=ws, name="myservice") |
        get_keys() | service.state | service.delete() | model.delete()""",
    ("B", "sh"): """model register -n sklearn_mnist --asset-path | -sd C:/abc | model deploy -m sklearn_mnist:1 -ic
        inferenceconfig.json -dc deploymentconfig.json | -n aciservice | -ct myaks | -n aksservice | /score | service
        update | service delete | model delete""",
    ("B", "python"): """run.register_model( | Model.register( | InferenceConfig( | C:/abc | runtime="python" |
        LocalWebservice.deploy_configuration(port=8890) | AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1) |
        AksCompute(ws, "myaks") | AksCompute.provisioning_configuration() | ComputeTarget.create(workspace=ws, |
        AksCompute.attach_configuration( | ComputeTarget.attach(ws, "mycompute" | service.auth_enabled |
        get_keys()[0] | service.update(models=[new_model]) | service.state | get_logs() | service.delete() |
        model.delete() | base_image = | base_image_registry.address | .username | .password""",
}
"""What the articles' readers typed, in order, apart by ` | `: whatever they typed has to be on the page."""


@pytest.mark.parametrize(("article", "language"), CALLS)
def test_every_call_of_the_articles_is_on_the_page_in_their_order(article: str, language: str) -> None:
    page = " ".join(code.text for step in steps(article, language) for code in step.codes)
    at, page = 0, " ".join(page.split())
    for call in " ".join(CALLS[article, language].split()).split(" | "):
        assert call in page[at:], call
        at += page[at:].index(call)


def test_refusals_are_told_from_what_succeeds() -> None:
    fails = {step.name for step in steps("B", "sh") if any(code.fails for code in step.codes)}
    assert fails == {"B2", "B3", "B4", "B5"}
    assert {step.name for step in steps("A", "python") if any(code.fails for code in step.codes)} == {"A7", "A8"}


@pytest.mark.parametrize(
    ("expected", "output", "missing"),
    [
        (("one", "two"), "zero\none\nmore\ntwo\n", None),
        (("two", "one"), "one\ntwo\n", "one"),
        (("run ... of e",), "run 12 (x) of e\n", None),
        (("run ... of e",), "run 12 (x) of f\n", "run ... of e"),
        (("[4, 6]",), "[4, 7]\n", "[4, 6]"),
        (("one",), "", "one"),
    ],
)
def test_what_is_printed_is_compared_line_by_line_and_in_order(
    expected: tuple[str, ...], output: str, missing: str | None
) -> None:
    assert missing_line(expected, output) == missing
