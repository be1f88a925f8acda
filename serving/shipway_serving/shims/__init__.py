"""What scripts import from Azure ML's packages, where those packages are absent or cannot work.

``finder.install()`` makes the modules of ``TABLE`` importable. ``first`` ones are ours even where the real package is
installed: they hand requests and responses to this server, or their published form cannot work. ``last`` ones are ours
only where nothing else has the name. Nothing here opens a connection, and importing this package has no effect.
"""

from typing import List, NamedTuple, Tuple

TABLE = """
azureml.contrib.services | first | raw_requests | works
    rawhttp
azureml.contrib.services.aml_request | first | raw_requests | works
    AMLRequest rawhttp
azureml.contrib.services.aml_response | first | raw_requests | works
    AMLResponse
azureml_inference_server_http | first | - | a package without the original's modules
azureml_inference_server_http.api | first | - | a package
azureml_inference_server_http.api.aml_request | first | raw_requests | works
    AMLRequest rawhttp
azureml_inference_server_http.api.aml_response | first | raw_requests | works
    AMLResponse
azureml.monitoring | first | monitoring | works; rows go to files below SHIPWAY_DATA_COLLECTION_DIR
    ModelDataCollector
azureml.monitoring.modeldatacollector | first | monitoring | works
    ModelDataCollector
azureml.datacollector | first | monitoring | works (the name of 2018)
    ModelDataCollector
azureml_user | last | - | a package
azureml_user.parallel_run | last | parallel_run | works
    EntryScript
azureml | last | - | a package
azureml.contrib | last | - | a package
azureml._common | last | - | a package
azureml._common.exceptions | last | azure_exceptions | works
    AzureMLException
azureml.exceptions | last | azure_exceptions | works
    ActivityFailedException AuthenticationException AzureMLException ComputeTargetException
    ExperimentExecutionException ModelNotFoundException ModelPathNotFoundException ProjectSystemException
    RunConfigurationException RunEnvironmentException SnapshotException TrainingException UserErrorException
    WebserviceException WorkspaceException
azureml.core | last | core | get_model_path and an offline Run work
    Model Run VERSION __version__
azureml.core | last | stand_ins | import only
    ComputeTarget ContainerRegistry Dataset Datastore Environment Experiment Image Keyvault RunConfiguration
    ScriptRun ScriptRunConfig Webservice Workspace
azureml.core.model | last | core | get_model_path works
    Model ModelNotFoundException RunEnvironmentException UserErrorException WebserviceException
azureml.core.model | last | stand_ins | import only
    Dataset Environment Experiment InferenceConfig ModelPackage
azureml.core.run | last | core | an offline Run works: it prints what it is told to log
    Run _OfflineRun get_run
azureml.core.webservice | last | stand_ins | import only
    AciWebservice AksEndpoint AksWebservice LocalWebservice Webservice
azureml.core.webservice.webservice | last | stand_ins | import only
    Webservice
azureml.core.webservice.aci | last | stand_ins | import only
    AciWebservice
azureml.core.webservice.aks | last | stand_ins | import only
    AksEndpoint AksWebservice
azureml.core.webservice.local | last | stand_ins | import only
    LocalWebservice
azureml.core.environment | last | core | works
    DEFAULT_CPU_IMAGE DEFAULT_GPU_IMAGE
azureml.core.environment | last | stand_ins | import only
    CondaDependencies DockerSection Environment PythonSection
azureml.core.conda_dependencies | last | stand_ins | import only
    CondaDependencies
azureml.core.workspace | last | stand_ins | import only
    Workspace
azureml.core.experiment | last | stand_ins | import only
    Experiment
azureml.core.dataset | last | stand_ins | import only
    Dataset
azureml.core.datastore | last | stand_ins | import only
    Datastore
azureml.core.image | last | stand_ins | import only
    ContainerImage Image
azureml.core.keyvault | last | stand_ins | import only
    Keyvault
azureml.core.compute | last | stand_ins | import only
    AksCompute AmlCompute ComputeInstance ComputeTarget
azureml.core.compute_target | last | azure_exceptions | works
    ComputeTargetException
azureml.core.authentication | last | stand_ins | import only
    AzureCliAuthentication InteractiveLoginAuthentication MsiAuthentication ServicePrincipalAuthentication
    TokenAuthentication
azureml.core.resource_configuration | last | stand_ins | import only
    ResourceConfiguration
azureml.core.runconfig | last | core | works
    DEFAULT_CPU_IMAGE DEFAULT_GPU_IMAGE
azureml.core.runconfig | last | stand_ins | import only
    CondaDependencies DockerConfiguration RunConfiguration
azureml.core.script_run_config | last | stand_ins | import only
    ScriptRunConfig
azureml.core.container_registry | last | stand_ins | import only
    ContainerRegistry
azureml.telemetry | last | telemetry | works; nothing is sent
    INSTRUMENTATION_KEY UserErrorException add_diagnostics_properties get_diagnostics_collection_info
    get_telemetry_log_handler is_diagnostics_collection_info_available set_diagnostics_collection
    set_diagnostics_properties
azureml.automl | last | - | a package
azureml.automl.core | last | automl | import only
    VERSION __version__
azureml.automl.core.shared | last | - | a package
azureml.automl.core.shared.log_server | last | automl | works; nothing is sent
    add_handler custom_dimensions enable_telemetry install_handler remove_handler set_log_file set_verbosity
    update_custom_dimension update_custom_dimensions
azureml.automl.core.shared.logging_utilities | last | automl | works
    get_logger log_traceback
azureml.train | last | - | a package
azureml.train.automl | last | automl | import only
    VERSION __version__
azureml.train.automl | last | stand_ins | import only
    AutoMLConfig
azureml.api | last | - | a package
azureml.api.schema | last | - | a package
azureml.api.schema.dataTypes | last | early_schema | works
    DataTypes
azureml.api.schema.sampleDefinition | last | early_schema | works
    SampleDefinition
azureml.api.realtime | last | - | a package
azureml.api.realtime.services | last | early_schema | import only: its use names inference-schema
    generate_schema
azureml.webservice_schema | last | - | a package
azureml.webservice_schema.data_types | last | early_schema | works
    DataTypes
azureml.webservice_schema.sample_definition | last | early_schema | works
    SampleDefinition
azureml.webservice_schema.schema_generation | last | early_schema | import only: its use names inference-schema
    generate_schema
azureml.assets | last | stand_ins | import only
    get_local_path
azureml.logging | last | early_schema | works; what it logs is in the log
    get_azureml_logger
"""
"""For each module: its name, the precedence, which of our modules its names come from, how far they work; then the
names, indented. A module with several sources has several entries. Text and no docstring: ``python -OO`` drops those.
"""


class Offer(NamedTuple):
    """One entry of the table."""

    module: str
    precedence: str
    """``first`` or ``last``."""
    source: str
    """The module of this package that has the names; ``-`` for a package without any."""
    works: str
    """How far, in words for a reader."""
    names: Tuple[str, ...] = ()


def offered() -> List[Offer]:
    """Everything that can be imported once the finder is installed, in the table's order."""
    offers: List[Offer] = []
    for line in TABLE.strip().splitlines():
        if line.startswith(" "):
            offers[-1] = offers[-1]._replace(names=offers[-1].names + tuple(line.split()))
        else:
            module, precedence, source, works = line.split(" | ")
            offers.append(Offer(module, precedence, source, works))
    return offers
