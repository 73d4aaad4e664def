"""What commands write over: their own files, and no others without a word."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from standfirst.cli import app
from standfirst.labels import Annotation, load_codebook, ready_codebooks, write_annotations
from standfirst.study.folder import StudyFolder

NOTES = "title,text\nThe file,of somebody else\n"
OUTPUTS = [
    ("labels", "export", "coded.csv"),
    ("labels", "export", "coded.csv", "--wide"),
    ("labels", "export", "coded.parquet"),
    ("labels", "guide", "-o", "guide.html"),
    ("labels", "guide", "-o", "guide.md"),
    ("annotate", "export", "-o", "tasks.json"),
    ("annotate", "export", "-o", "tasks.jsonl", "--format", "prodigy"),
    ("annotate", "export", "-o", "tasks.jsonl", "--format", "doccano"),
    ("corpus", "units", "-o", "units.csv"),
    ("corpus", "units", "-o", "units.jsonl"),
    ("corpus", "units", "-o", "units.parquet"),
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Any]) -> Path:
    """Give a study with an article and one answer."""
    root = tmp_path_factory.mktemp("outputs") / "s"
    made = StudyFolder.create(root, ready_codebooks()["stance"].read_text(encoding="utf-8"))
    (root / "news.csv").write_text("id,title,text\n1,Tolls,The toll was raised on Monday.\n")
    assert run("corpus", "add", "news.csv", cwd=root).code == 0
    revision = load_codebook(made.codebook_path).revision
    row = Annotation("u1", "ann", "stance", ("favour",), article_id="1", revision=revision)
    write_annotations(made.annotations, [row])
    return root


def output_of(words: tuple[str, ...]) -> str:
    """Return the name of the file that a command writes."""
    return next(word for word in words if "." in word)


@pytest.mark.parametrize("words", OUTPUTS)
def test_a_foreign_file_stays(study: Path, run: Callable[..., Any], words: tuple[str, ...]) -> None:
    """It is refused in one line, unless --force is given; a file of ours is replaced."""
    output = study / output_of(words)
    output.write_text(NOTES)
    refused = run(*words, cwd=study)
    kept = output.read_text()
    forced = run(*words, "--force", cwd=study)
    first = output.read_bytes()
    again = run(*words, cwd=study)

    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert f"{output.name}: is a file that this command did not write" in refused.err
    assert kept == NOTES
    assert (forced.code, again.code) == (0, 0)
    assert output.read_bytes() == first


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("annotate", "export", "-o", "units.json"), "units.xml"),
        (("annotate", "export", "-o", "units.json", "--format", "doccano"), "units.labels.json"),
    ],
)
def test_a_file_that_is_written_along_stays(
    study: Path, run: Callable[..., Any], words: tuple[str, ...], name: str
) -> None:
    """A second file that a command writes is guarded like the first."""
    (study / "units.json").unlink(missing_ok=True)
    (study / name).write_text(NOTES)
    done = run(*words, cwd=study)

    assert done.code == 1
    assert f"{name}: is a file that this command did not write" in done.err
    assert (study / name).read_text() == NOTES
    assert not (study / "units.json").exists()


@pytest.mark.parametrize("words", [OUTPUTS[0], OUTPUTS[3], OUTPUTS[5], OUTPUTS[8]])
def test_an_address_is_no_file(
    study: Path, run: Callable[..., Any], words: tuple[str, ...]
) -> None:
    """What writes to this machine only makes no folder that is called s3:."""
    name = output_of(words)
    done = run(*(f"s3://bucket/{name}" if word == name else word for word in words), cwd=study)

    assert done.code == 1
    assert "is an address; name a file on this machine" in done.err
    assert not (study / "s3:").exists()


FIRST = {
    ("annotate", "ask"): ["--endpoint", "none", "--model", "m", "--corpus", "-o", "x.csv"],
    ("annotate", "export"): ["-o", "x.json"],
    ("corpus", "units"): ["-o", "x.csv"],
    ("distil",): ["no-model", "no-corpus", "-o", "x.json"],
    ("labels", "guide"): ["-o", "x.md"],
    ("labels", "migrate"): ["--map", "no-map", "-o", "x.jsonl"],
    ("measure", "coders"): ["-o", "x.csv"],
    ("measure", "doubts"): ["-o", "x.csv"],
    ("measure", "drift"): ["no-tags", "-o", "x.csv"],
    ("measure", "outcomes"): ["-o", "x.csv"],
    ("measure", "plan"): ["-o", "x.csv"],
    ("measure", "regression"): ["a ~ b", "-o", "x.csv"],
    ("measure", "shares"): ["-o", "x.csv"],
    ("report",): ["-o", "x.html"],
    ("tag",): ["no-model", "no-corpus", "-o", "x.csv"],
    ("train",): ["--data", "no-data", "--label", "a", "-o", "x.json"],
}
"""All commands that write what -o names; nothing else that they are given is there."""


def with_output(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the commands that have -o."""
    for name, command in getattr(group, "commands", {}).items():
        yield from with_output(command, (*path, name))
    if any("-o" in parameter.opts for parameter in group.params):
        yield path


def test_all_commands_with_an_output_are_tried() -> None:
    """A new command has its line above."""
    assert set(with_output(typer.main.get_command(app))) == {*FIRST}


@pytest.mark.parametrize("command", FIRST)
def test_a_foreign_file_is_refused_before_the_work(
    command: tuple[str, ...], tmp_path: Path, run: Callable[..., Any]
) -> None:
    """Nothing is read before the name of the output is known to be good."""
    name = FIRST[command][-1]
    (tmp_path / name).write_text(NOTES)
    done = run(*command, *FIRST[command], cwd=tmp_path)

    assert done.code == 1
    assert done.err.startswith(f"error: {name}: ")
    assert (tmp_path / name).read_text() == NOTES
