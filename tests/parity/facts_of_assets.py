"""Assets, configs, models, the SDK and its command line (contract 1, 9 to 13)."""

from tests.parity.fact import Fact, Section, Status

_D = Status.DIFFERENT
_A = Status.ABSENT
_N = Status.NOT_YET
_REFUSALS = ("test_what_v1_refused_is_refused",)

BEFORE = (
    Section(
        "1 Assets",
        (
            Fact(
                "A-1",
                "what paths in configs are relative to",
                note="in a release file the working folder is that of the file",
                tests=(
                    "test_paths_are_relative_as_v1_had_them",
                    "test_the_conda_file_is_looked_for_in_the_working_folder_too",
                    "test_paths_are_relative_to_the_file_and_not_to_the_working_folder",
                ),
            ),
        ),
    ),
)

BETWEEN = (
    Section(
        "9 Inference config",
        (
            Fact(
                "I-1",
                "JSON or YAML, as real files are",
                note="a comma too many is said",
                tests=(
                    "test_json_and_yaml_are_told_apart_by_content_and_common_flaws_do_no_harm",
                    "test_a_comma_too_many_is_taken_and_remarked",
                ),
            ),
            Fact(
                "I-2",
                "`null` is not given",
                tests=("test_null_means_not_given", "test_v1s_own_json_is_read_with_its_nulls"),
            ),
            Fact(
                "I-3",
                "a default environment",
                note="a Python, of the asset's day where that is known, and the scoring server; no further package",
                tests=(
                    "test_the_least_config_gets_an_empty_environment",
                    "test_no_pin_is_v1s_default_of_the_assets_time",
                ),
            ),
            Fact(
                "I-4",
                "legacy keys become an environment",
                note="all of them, also those that went to v1's older image builder; CUDA is checked, not installed",
                tests=("test_the_legacy_keys_say_the_image_below", "test_both_spellings_of_docker_steps_are_read"),
            ),
            Fact(
                "I-5",
                "the environment comes separately",
                tests=(
                    "test_a_registered_environment_is_taken_by_name",
                    "test_an_environment_folder_wins_over_the_file_and_that_is_told",
                    "test_an_environment_that_was_given_beside_the_file_wins",
                ),
            ),
            Fact(
                "I-6",
                "a warning without azureml-defaults",
                note="it says that nothing is missing",
                tests=("test_that_no_server_is_listed_is_said_to_be_no_loss",),
            ),
            Fact(
                "I-7",
                "image and Dockerfile together are refused",
                note="in files; of an `Environment` in a script the one that was set last stays, which is said",
                tests=(
                    "test_what_is_wrong_is_refused_by_its_key",
                    "test_an_image_and_a_dockerfile_take_each_others_place",
                ),
            ),
            Fact(
                "I-8",
                "a script that is not there is an error at deploy",
                note="the name that may be meant is told",
                tests=(
                    "test_a_script_that_v1_refused_is_refused_at_once",
                    "test_what_cannot_serve_is_refused_when_it_is_made",
                ),
            ),
            Fact(
                "I-9",
                "absolute paths",
                note="one of a Windows machine that is not there is refused as such",
                tests=("test_paths_may_be_absolute_and_a_lone_script_is_then_the_one_that_travels",),
            ),
        ),
    ),
    Section(
        "10 Environments",
        (
            Fact("Y-1", "pip nested, more than once", tests=("test_pip_lists_are_merged_wherever_they_stand",)),
            Fact(
                "Y-2",
                "a second key beside pip",
                _D,
                "ignored with a warning, where conda refused the file",
                ("test_flaws_that_v1_lived_with_are_mended_with_a_warning",),
            ),
            Fact(
                "Y-3",
                "pip entries with a single `=`",
                _D,
                "taken as `==` with a warning, where pip refused them",
                ("test_a_line_of_pip_that_others_lived_with_is_taken_as_it_was_meant",),
            ),
            Fact(
                "Y-4",
                "UTF-16, `prefix:`, Windows builds",
                _D,
                "all are read; build strings are dropped, and what only Windows has is left out, which is said",
                ("test_a_file_as_windows_saves_it_is_read", "test_what_is_left_out_by_its_name_alone_is_said"),
            ),
            Fact(
                "Y-5",
                "no channels, comments, no name",
                tests=("test_a_conda_package_becomes_a_pip_requirement", "test_index_options_stay_and_comments_go"),
            ),
            Fact(
                "Y-6",
                "index options, URLs, extras",
                note="refused are `-r URL`, `-c` and folders of the machine",
                tests=(
                    "test_what_pip_understands_stays_as_it_is",
                    "test_a_requirements_file_is_read_beside_the_conda_file",
                    "test_what_cannot_be_translated_is_refused_by_name",
                ),
            ),
            Fact(
                "Y-7",
                "packages that are gone",
                _D,
                (
                    "Azure's own are not installed and have stand-ins, conda's builds are dropped; for others changes "
                    "are proposed, see [mending](mending.md)"
                ),
                (
                    "test_what_carried_microsofts_server_is_left_out",
                    "test_a_version_that_is_not_there_becomes_the_nearest_that_imports",
                ),
            ),
            Fact(
                "Y-8",
                "environments by name, or from requirements",
                note="Azure's curated ones are not ours to give: `register --curated` takes the team's own definition",
                tests=(
                    "test_the_newest_is_meant_unless_a_version_is_named",
                    "test_one_that_stands_for_azures_may_have_its_name",
                    "test_a_requirements_file_is_an_environment_by_itself",
                    "test_one_from_requirements_has_exactly_those",
                ),
            ),
        ),
    ),
    Section(
        "11 Deployment config",
        (
            Fact(
                "G-1",
                "compute types, in any case",
                note=(
                    "ACI, AKS and AKSENDPOINT are read, checked and shown as a plan, then refused: these targets are "
                    "not there yet. Without config and target a service is local, where v1 took ACI"
                ),
                tests=(
                    "test_the_compute_type_is_local_in_any_case",
                    "test_every_key_of_aci_is_read",
                    "test_every_key_of_aks_is_read",
                    "test_a_target_in_the_cloud_is_planned_and_then_refused",
                    "test_without_a_config_and_a_target_a_service_is_local",
                ),
            ),
            Fact(
                "G-2",
                "unknown keys are ignored",
                _D,
                "ignored with a warning that names the key that is meant",
                (
                    "test_unknown_keys_and_keys_of_other_targets_warn",
                    "test_the_key_that_was_meant_is_named_wherever_it_belongs",
                ),
            ),
            Fact(
                "G-3",
                "objects must be objects",
                _D,
                "`null` for one, which v1 refused, is not given, with a warning",
                (
                    "test_null_for_an_object_is_taken_as_not_given_and_said",
                    "test_all_values_of_a_wrong_type_are_said_at_once",
                ),
            ),
            Fact(
                "G-4",
                "no coercion of types",
                _D,
                (
                    '`"True"` is taken with a warning; `"False"`, which v1 took for true, and all else of a wrong '
                    "type is refused"
                ),
                ("test_a_text_that_says_true_is_true_and_said", "test_what_v1_refused_is_refused"),
            ),
            Fact(
                "G-5",
                "tags come by flags",
                note="those in the file are warned of",
                tests=(
                    "test_the_key_that_was_meant_is_named_wherever_it_belongs",
                    "test_what_is_said_of_a_service_is_kept_once_it_is_promoted",
                ),
            ),
            Fact(
                "G-6",
                "defaults are the service's",
                tests=(
                    "test_what_will_hold_where_a_config_says_nothing",
                    "test_the_defaults_of_the_page_are_those_that_are_filled_in",
                ),
            ),
            Fact(
                "G-7",
                "flags before the file",
                note="and that is said",
                tests=("test_a_flag_wins_over_the_file_and_that_is_told",),
            ),
            Fact(
                "G-20",
                "numbers above zero",
                note="all that is wrong is said at once, for every compute type",
                tests=("test_what_v1_refused_is_refused", "test_all_that_is_wrong_is_said_at_once_each_with_its_line"),
            ),
            Fact("G-21", "limit below request", tests=_REFUSALS),
            Fact("G-22", "autoscale with replicas", tests=_REFUSALS),
            Fact("G-23", "neither of them", tests=_REFUSALS),
            Fact("G-24", "autoscale's keys without it", tests=_REFUSALS),
            Fact("G-25", "more at least than at most", tests=_REFUSALS),
            Fact(
                "G-26",
                "key and token together",
                note="`tokenAuthEnabled` alone turns keys off, with a warning",
                tests=("test_what_v1_refused_is_refused", "test_tokens_turn_off_the_keys_that_are_on_by_default"),
            ),
            Fact(
                "G-27",
                "incomplete TLS, disk key, network",
                tests=("test_what_v1_refused_is_refused", "test_certificates_that_are_not_there_are_named"),
            ),
            Fact(
                "G-28",
                "the port of a local service",
                tests=(
                    "test_what_v1_refused_is_refused",
                    "test_what_v1_just_took_is_taken",
                    "test_a_port_that_is_none_is_refused",
                ),
            ),
            Fact(
                "G-29",
                "traffic outside 0 to 100",
                tests=("test_what_v1_refused_is_refused", "test_what_v1_just_took_is_taken"),
            ),
        ),
    ),
    Section(
        "12 Models",
        (
            Fact(
                "M-1",
                "`Model.register`",
                note="the path may lie anywhere; data sets are told to mean nothing here",
                tests=(
                    "test_registering_counts_versions_from_one_and_says_so_as_v1_did",
                    "test_a_path_that_is_not_there_registers_nothing",
                ),
            ),
            Fact(
                "M-2",
                "versions count from 1",
                note="a deleted number is never used again",
                tests=("test_versions_count_from_one", "test_a_deleted_versions_number_is_never_used_again"),
            ),
            Fact(
                "M-3",
                "files, folders, child paths",
                tests=(
                    "test_a_folder_keeps_its_name_and_child_paths_a_part_of_it",
                    "test_of_a_folder_only_the_child_paths_are_kept",
                ),
            ),
            Fact(
                "M-4",
                "the newest, or one by version",
                tests=("test_the_newest_is_meant_without_a_version_and_a_filter_picks_the_newest_match",),
            ),
            Fact("M-5", "`ModelNotFound`", tests=("test_one_that_is_not_there_raises_with_v1s_word_in_the_text",)),
            Fact("M-6", "frameworks", tests=("test_what_v1_would_refuse_is_refused", "test_what_v1_takes_is_taken")),
            Fact(
                "M-7",
                "tags and properties",
                note="values are text: a script's numbers become text, and lists or objects are refused",
                tests=("test_tags_change_and_properties_only_add_up", "test_tags_that_are_no_text_are_refused_by_name"),
            ),
            Fact(
                "M-8",
                "`list` and its filters",
                note="`page_count` is taken and changes nothing; no model is found by a data set",
                tests=(
                    "test_lists_are_newest_first_and_filtered",
                    "test_a_filter_asks_for_a_key_or_for_a_key_and_its_value",
                ),
            ),
            Fact(
                "M-9",
                "`delete` is refused in use",
                tests=("test_what_a_service_uses_cannot_be_deleted", "test_a_model_in_service_cannot_be_deleted"),
            ),
            Fact(
                "M-10",
                "`download`",
                tests=("test_downloads_do_not_overwrite_unless_they_may", "test_a_folder_comes_back_as_it_was"),
            ),
            Fact(
                "M-11",
                "`serialize`",
                note="`createdBy`, `runDetails` and what is of data sets are empty",
                tests=("test_serialize_has_v1s_keys_and_deserialize_finds_the_model",),
            ),
            Fact(
                "M-12",
                "what `deploy` takes for a model",
                _D,
                (
                    "an id first, then a path. A path is registered first for local services too, where v1 copied it "
                    "as version 0; only `package` and `profile` do that"
                ),
                (
                    "test_a_text_is_a_models_id_first_and_then_a_path",
                    "test_assets_become_a_release_that_tries_containers_first",
                    "test_a_packaged_image_has_its_name_and_serves",
                    "test_more_models_than_v1_took_are_refused",
                ),
            ),
            Fact(
                "M-13",
                "metadata files",
                tests=(
                    "test_the_metadata_file_is_what_later_steps_read",
                    "test_what_registration_wrote_names_the_model",
                    "test_a_model_is_registered_from_a_run_by_id_by_metric_and_by_experiment",
                ),
            ),
            Fact(
                "M-14",
                "resources for no-code",
                _N,
                "they are kept with the version, changed and shown; no service takes them",
            ),
        ),
    ),
    Section(
        "13 SDK verbs",
        (
            Fact(
                "U-1",
                "an update of nothing",
                tests=(
                    "test_what_is_said_of_a_service_is_kept_with_it",
                    "test_an_update_of_nothing_or_of_what_stays_is_refused",
                ),
            ),
            Fact(
                "U-2",
                "models without a config",
                _D,
                (
                    "they keep the script and the environment in service; v1 took them for a service without code and "
                    "failed"
                ),
                (
                    "test_an_update_of_the_model_keeps_the_script_and_everything_else",
                    "test_new_models_keep_the_inference_config_and_what_serves_goes_on_serving_meanwhile",
                ),
            ),
            Fact(
                "U-3",
                "a config without models",
                tests=("test_an_update_of_the_script_keeps_the_very_version_that_serves",),
            ),
            Fact(
                "U-4",
                "versions stay until an update",
                tests=("test_an_update_of_the_script_keeps_the_very_version_that_serves",),
            ),
            Fact(
                "U-5",
                "tags replace, properties add",
                tests=(
                    "test_tags_that_replace_all_can_be_removed_from_and_added_to",
                    "test_what_is_said_of_a_service_is_kept_with_it",
                    "test_a_property_never_changes",
                ),
            ),
            Fact(
                "U-6",
                "what may change on which target",
                _N,
                "ACI and AKS are not there yet; of a local service all may change but its target",
            ),
            Fact(
                "U-7",
                "409 during an operation",
                note=(
                    "refused at once with the release that is under way; the code 409 only where the service is not "
                    "up yet. Of two users who planned at the same time the second is refused, too: what it was "
                    "planned from has changed"
                ),
                tests=(
                    "test_a_service_whose_release_has_not_begun_yet_is_neither_deleted_nor_changed",
                    "test_a_second_release_of_a_service_is_told_who_holds_it_and_until_when",
                    "test_an_update_that_was_planned_from_another_champion_changes_nothing",
                ),
            ),
            Fact(
                "U-8",
                "two kinds that do not mix",
                _A,
                (
                    "there are only services of an inference config; image configurations are refused with what came "
                    "after them"
                ),
                ("test_an_image_configuration_is_refused_with_what_came_after_it",),
            ),
            Fact(
                "L-1",
                "states of a local service",
                _D,
                (
                    "v1's words, and its refusal of a verb in the wrong state; but a service that is being deployed "
                    "for the first time is neither deleted, updated nor reloaded"
                ),
                (
                    "test_a_verb_in_the_wrong_state_is_refused_in_v1s_words",
                    "test_a_service_whose_release_has_not_begun_yet_is_neither_deleted_nor_changed",
                ),
            ),
            Fact(
                "L-2",
                "containers by name and labels",
                _D,
                (
                    "found by the service's name all the same; a container has a revision's name and labels of our "
                    "own, and a service may be processes"
                ),
                (
                    "test_another_handle_finds_it_and_says_more_of_it",
                    "test_a_workspace_a_trial_and_another_machine_s_folder_have_names_of_their_own",
                ),
            ),
            Fact(
                "L-3",
                "ports on 127.0.0.1",
                note=(
                    "the service's own port and those of its revisions, but for containers of an engine on another "
                    "machine; 8883 is not exposed"
                ),
                tests=(
                    "test_the_configured_port_is_the_services_and_a_foreign_one_is_refused_before_anything_is_there",
                    "test_a_container_is_made_from_the_image_alone_on_loopback_and_started_again_by_the_engine",
                    "test_a_server_is_started_on_loopback_with_files_of_its_own",
                    "test_a_render_is_the_golden_one",
                ),
            ),
            Fact(
                "L-4",
                "the health check after start",
                _D,
                (
                    "a release tries the image first, and waits for up to 300 s; what `init` raised is the reason at "
                    "once"
                ),
                (
                    "test_a_script_whose_init_fails_ends_the_wait_with_its_reason",
                    "test_a_script_that_fails_in_init_is_failed_with_its_own_error",
                    "test_a_server_that_is_not_healthy_fails_with_its_own_words",
                ),
            ),
            Fact(
                "L-5",
                "`reload`",
                note="a release without bake: what served goes on until the script as it is now has been tried",
                tests=("test_a_reload_reads_the_script_again_and_has_no_bake", "test_a_reload_reads_the_script_again"),
            ),
            Fact(
                "L-6",
                "`update`",
                note=(
                    "a release: what served goes on until the new revision is verified, with the golden rows of "
                    "before where there are some"
                ),
                tests=(
                    "test_new_models_keep_the_inference_config_and_what_serves_goes_on_serving_meanwhile",
                    "test_golden_rows_of_before_that_fail_an_update_are_told_as_such",
                ),
            ),
            Fact(
                "L-7",
                "`delete`",
                _D,
                "its three parameters change nothing: `shipway gc` frees what an image and a cache hold",
                (
                    "test_what_was_deleted_is_gone_and_says_so",
                    "test_what_v1_could_keep_when_it_deleted_is_taken_and_changes_nothing",
                ),
            ),
            Fact(
                "L-8",
                "`run`",
                tests=(
                    "test_it_answers_text_and_bytes_with_what_the_script_returned",
                    "test_any_answer_but_200_is_an_exception_with_code_headers_and_content",
                ),
            ),
            Fact(
                "L-9", "what is not implemented", tests=("test_what_v1_had_not_for_local_services_is_not_implemented",)
            ),
            Fact(
                "L-10", "`deploy_to_cloud`", _N, "raises with the plan of the same parts: no target in a cloud is there"
            ),
            Fact(
                "L-11",
                "overrides of paths and port",
                _A,
                "they were for servers of the user's own; the scoring server is Shipway's, with v1's paths and port",
            ),
            Fact(
                "L-12",
                "`serialize`",
                note="`imageId` is None: an image is known by its digest",
                tests=("test_serialize_has_v1s_keys",),
            ),
            Fact(
                "X-1",
                "up to six versions",
                _A,
                "`shipway endpoint` says what stands for them: each service has two revisions",
                ("test_an_endpoint_of_v1_is_refused_with_what_stands_for_it",),
            ),
            Fact(
                "X-2", "the default version", _A, "the revision in service is it, and has what the other is not given"
            ),
            Fact(
                "X-3",
                "creating, updating, deleting one",
                _A,
                "a release brings a revision, `shipway service rollback` goes back",
            ),
            Fact(
                "X-4",
                "percentiles one by one",
                _A,
                "`traffic` of a release file has the shares that a new revision gets, step by step",
            ),
            Fact("X-5", "what an endpoint's update takes", _A, "there are no endpoints"),
            Fact(
                "X-6",
                "one URI and one pair of keys",
                _A,
                "the revisions of a service share its URI; local services have no keys",
            ),
        ),
    ),
)
