"""What is coded, who coded what, how far coders agree, and what holds in the end."""

from ..arguments import check_all
from ..intervals import Estimate
from .annotations.annotation import (
    ADJUDICATION,
    Annotation,
    check_annotations,
    check_revision,
    current,
    is_decision,
    is_machine,
    merge_annotations,
    read_annotations,
    readings,
    write_annotations,
)
from .annotations.dataset import annotations_dataset
from .annotations.empty_answers import settle
from .annotations.spreadsheet import infer_from_annotations, read_coded, write_long, write_wide
from .codebook.codebook import Codebook, Condition, Dimension, Label
from .codebook.consistency import advise
from .codebook.file import dump_codebook, load_codebook, parse_codebook
from .codebook.guide import guide_html, guide_markdown
from .codebook.hotkeys import HOTKEYS, assign_hotkeys
from .codebook.schema import json_schema
from .codebook.starters import infer_codebook, ready_codebooks
from .coders import competence, drift, stability
from .gold.dataset import gold_dataset
from .gold.gold import Gold, read_gold, resolve, ties, write_gold
from .reliability.agreement import Agreement, agreement
from .reliability.disagreements import disagreements
from .reliability.report import agreement_as_json, agreement_as_text, missed_gate
from .revisions.diff import diff_codebooks, touched
from .revisions.mapping import load_mapping, parse_mapping
from .revisions.migration import migrate_annotations, read_log, undo_migration, write_log

__all__ = [
    "ADJUDICATION",
    "HOTKEYS",
    "Agreement",
    "Annotation",
    "Codebook",
    "Condition",
    "Dimension",
    "Estimate",
    "Gold",
    "Label",
    "advise",
    "agreement",
    "agreement_as_json",
    "agreement_as_text",
    "annotations_dataset",
    "assign_hotkeys",
    "check_annotations",
    "check_revision",
    "competence",
    "current",
    "diff_codebooks",
    "disagreements",
    "drift",
    "dump_codebook",
    "gold_dataset",
    "guide_html",
    "guide_markdown",
    "infer_codebook",
    "infer_from_annotations",
    "is_decision",
    "is_machine",
    "json_schema",
    "load_codebook",
    "load_mapping",
    "merge_annotations",
    "migrate_annotations",
    "missed_gate",
    "parse_codebook",
    "parse_mapping",
    "read_annotations",
    "read_coded",
    "read_gold",
    "read_log",
    "readings",
    "ready_codebooks",
    "resolve",
    "settle",
    "stability",
    "ties",
    "touched",
    "undo_migration",
    "write_annotations",
    "write_gold",
    "write_log",
    "write_long",
    "write_wide",
]

check_all(globals(), __all__)
