"""The public names: a name that is added or taken away changes this list, and so is seen."""

from importlib import import_module
from pathlib import Path

import pytest

PUBLIC = {
    "standfirst": """
        Annotation Article Classifier Codebook Corpus Gold Model Shares StandfirstError Study Tags
        Unit __version__ agreement cut evaluate from_file from_rows load_codebook load_units
        read_articles read_tags resolve sentences shares tag_files train
    """,
    "standfirst.corpus": """
        AMENDABLE KEEP KINDS READERS SEGMENTERS UNIT_SCHEMA Added Amended Article Cleaned Corpus
        Fields Preparation Recut Reject Removal Segmenter Unit add aside clean content_id cut
        get_segmenter keep_rejects load_articles load_rejects load_units meta_columns
        read_articles read_preparation recut rehearse sentences set_fields summary unit_ids
    """,
    "standfirst.labels": """
        ADJUDICATION HOTKEYS Agreement Annotation Codebook Condition Dimension Estimate Gold
        Label advise agreement agreement_as_json agreement_as_text annotations_dataset
        assign_hotkeys check_annotations check_revision competence current diff_codebooks
        disagreements drift dump_codebook gold_dataset guide_html guide_markdown infer_codebook
        infer_from_annotations is_decision is_machine json_schema load_codebook load_mapping
        merge_annotations migrate_annotations missed_gate parse_codebook parse_mapping
        read_annotations read_coded read_gold read_log readings ready_codebooks resolve settle
        stability ties touched undo_migration write_annotations write_gold write_log
        write_long write_wide
    """,
    "standfirst.annotate": """
        RULES Access Aim Drawn LocalServer Merged Pushed Read Scores Server Share
        Workload assign assist closed_units config_problems connect draw export_tasks
        find_access import_tasks labeling_config merge_answers open_units pull push
        read_design read_tasks set_test_aside share start_local strata_of task workloads
        write_design
    """,
    "standfirst.models": """
        Comparison DimensionReport Distilled Evaluation Goal LabelScore Model Prediction
        Report Score TrainingSet compare distil evaluate from_file from_rows from_study parse_goal
        prototype_model tag_files train
    """,
    "standfirst.study": """
        Exported PushedProject Resolved Round Settings Status Study
    """,
    "standfirst.measure": """
        CoderComparison Doubts Drift Plan Regression Shares Tags compare_coders
        compare_texts outcomes plan_agreement plan_score plan_share plan_shares
        rank_doubts read_tags regression shares
    """,
}


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names(package: str) -> None:
    """Each package has the names that it is known for, in order, and each can be loaded."""
    module = import_module(package)

    assert list(getattr(module, "__all__", [])) == PUBLIC[package].split()
    for name in PUBLIC[package].split():
        assert getattr(module, name) is not None


@pytest.mark.parametrize("package", PUBLIC)
def test_no_public_name_hides_a_module(package: str) -> None:
    """`import standfirst.models.NAME` gives a module wherever there is one of that name."""
    module = import_module(package)
    below = {path.stem for folder in module.__path__ for path in Path(folder).glob("*.py")}
    below |= {
        path.parent.name
        for folder in module.__path__
        for path in Path(folder).glob("*/__init__.py")
    }

    assert below & set(PUBLIC[package].split()) == set()


@pytest.mark.parametrize("package", PUBLIC)
def test_every_public_name_has_an_example(package: str) -> None:
    """The docstring of each class and function shows it in use; the examples run as doctests."""
    module = import_module(package)
    named = {name: getattr(module, name) for name in PUBLIC[package].split()}
    documented = {name: value for name, value in named.items() if callable(value)}

    assert documented
    assert [name for name, value in documented.items() if ">>> " not in str(value.__doc__)] == []


def test_only_examples_that_need_a_server_are_left_out() -> None:
    """No other example of a public name is skipped when the doctests run."""
    skipped = {
        name
        for package, names in PUBLIC.items()
        for name in names.split()
        if "+SKIP" in str(getattr(import_module(package), name).__doc__)
    }

    assert skipped == {"LocalServer", "Pushed", "Server", "connect", "pull", "push", "start_local"}
