"""Mistakes that people make, and the line that each gets: what is wrong, where, and what to do.

Nothing on disk changes by any of them.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.label_studio.local_server import LocalServer, free_port

Run = Callable[..., Any]

HARBOUR = "quays/models/harbour"
MODEL = "--endpoint http://127.0.0.1:9/v1 --model m"

REFUSED = [
    # Where one is.
    (
        ".",
        "status",
        "is not in a study; make one with: standfirst init STUDY (or standfirst start,",
    ),
    (".", "corpus add in.jsonl", "is not in a study; make one with: standfirst init STUDY"),
    ("quays", "status --study ../nowhere", "../nowhere: is not in a study; make one with"),
    ("quays", "init inner", "inner: lies inside the study "),
    (".", "init quays", "quays: is a study already; choose another folder"),
    (".", "init note.txt", "note.txt: is a file; name a folder"),
    ("damaged", "corpus stats", "damaged/study.toml: "),
    # Articles.
    ("quays", "corpus add nowhere/", "nowhere/: no such file; check the path"),
    ("quays", "corpus add ../void", "../void: no readable file in this folder; known: .jsonl"),
    ("quays", "corpus add ../in.jsonl --text body", "unknown column 'body'; known: id, text"),
    ("quays", "corpus add ../in.jsonl --outlet paper", "unknown column 'paper'; known: id, text"),
    ("quays", "corpus add ../in.jsonl --format jsonn", "'.jsonn'; did you mean '.json'?"),
    ("quays", "corpus add ../in.jsonl --keep frist", "'frist'; did you mean 'first'?"),
    (
        "quays",
        "corpus add ../in.jsonl --date-order years",
        "unknown --date-order 'years'; known: day, month",
    ),
    ("quays", "corpus show zzz", "unknown article 'zzz'; known: a0, a1"),
    ("quays", "corpus fields --text story", "--text: the text decides which ids or units there"),
    ("quays", "corpus units -o units.xlsx", "unknown format of units.xlsx: '.xlsx'; known: .csv"),
    ("quays", "corpus units -o ..", "..: is not a regular file; name another file"),
    ("bare", "corpus show", "the corpus is empty; add articles with: standfirst corpus add"),
    (".", "start nowhere --yes", "nowhere: no such file; name a folder or a file of articles"),
    (".", "start void --study new --yes", "void: no readable file in this folder; known: .jsonl"),
    (".", "start titles.csv --study new --yes", "none of the first 1 records can be used; name"),
    (".", "start in.jsonl --study new --yes --coder ann", "--coder: 'ann' is no e-mail address;"),
    (".", "start in.jsonl --study new", "name --codebook, --coder, --units, or take the defaults"),
    # The codebook.
    (".", "init new --codebook transfer-deal", "'transfer-deal'; did you mean 'transfer-deals'?"),
    (".", "init new --codebook mine.yaml", "unknown codebook 'mine.yaml'; known: generic-frames"),
    (".", "init new --codebook tabs.yaml", "tabs.yaml:5: not YAML: found character '\\t'"),
    (".", "init new --language english", "--language: 'english'; use a code of two letters"),
    ("quays", "labels check ../typo.yaml", "choise: is not a field of a codebook; did you mean"),
    ("quays", "labels check ../nobody.yaml", "dimensions: is empty; write at least one"),
    ("quays", "labels check ../twice.yaml", "warm"),
    ("quays", "labels check ..", "..: is a folder; name a file"),
    ("quays", "labels check nowhere.yaml", "nowhere.yaml: no such file; name a codebook's YAML"),
    ("quays", "labels check ../latin.txt", "latin.txt:1: not UTF-8 text; save the file as UTF-8"),
    (".", "init new --codebook latin.txt", "latin.txt: is not UTF-8 text; save the codebook as"),
    ("quays", "labels guide -o guide.docx", "a guide is HTML or Markdown; name it .html or .md"),
    ("quays", "labels diff", "keeps no earlier revision of its codebook; name the old codebook's"),
    # Drawing.
    ("bare", "annotate sample 10", "the corpus is empty; add articles with: standfirst corpus add"),
    ("quays", "annotate sample 1000", "1000 units wanted, 60 left of 120; draw fewer, or add"),
    ("quays", "annotate sample 10 --test 20", "60 units are drawn already, so a test part would"),
    ("quays", "annotate sample 10 --rule stratifed", "'stratifed'; did you mean 'stratified'?"),
    ("quays", "annotate sample 10 --rule equal", "--rule: 'equal' needs strata; name them with"),
    ("quays", "annotate sample 10 --rule equal --by outlets", "'outlets'; did you mean 'outlet'?"),
    ("quays", "annotate sample 10 --by outlet", "a random draw has no strata; add --rule"),
    ("quays", "annotate sample 9 --rule keyword --keyword '(a'", "--keyword: '(a': missing )"),
    ("quays", "annotate sample 9 --coder ann --overlap 0.5", "one coder cannot overlap; name two"),
    ("quays", "annotate sample 9 --coder ann --coder ann", "a coder is named twice; name each"),
    ("quays", "annotate sample 9 --rule margin", "--rule: 'margin' needs a model; name one with"),
    (
        "quays",
        "annotate sample 9 --rule margin --model models/quay",
        "models/quay: no such model; make one with: standfirst train",
    ),
    (
        "quays",
        "annotate sample 9 --rule rare --model models/harbour --label tone=wram",
        "unknown label of tone: 'wram'; did you mean 'warm'?",
    ),
    (
        "quays",
        "annotate sample 9 --rule rare --model models/harbour --label tune=warm",
        "unknown dimension of the model: 'tune'; did you mean 'tone'?",
    ),
    ("quays", "annotate sample 9 --target tone=warm:5%", "--target: half-width '5%'; use a share"),
    ("quays", "annotate sample 9 --target tone=wram:0.05", "'wram'; did you mean 'warm'?"),
    # Coders and their answers.
    ("quays", "annotate pull", "no Label Studio is known here; run: standfirst annotate start, or"),
    ("bare", "annotate push", "no unit is drawn; run: standfirst annotate sample 100"),
    ("quays", "annotate push --round 7", "unknown round '7'; known: 1"),
    ("quays", "annotate push --view page", "unknown view 'page'; known: unit, article"),
    ("quays", "annotate export -o more.json --round 7", "unknown round '7'; known: 1"),
    ("quays", "annotate export -o more.json --coder evi@example.org", "mean 'eve@example.org'?"),
    ("quays", "annotate export -o more.json --format label", "unknown format 'label'; known"),
    ("quays", "annotate import nowhere.json", "nowhere.json: no such file; check the path"),
    ("quays", "annotate import ..", "..: is a folder; name a file"),
    ("quays", "annotate import ../note.txt", "not JSON (Expecting value: line 1 column 1"),
    (
        "quays",
        "annotate import tasks.json --format doccano",
        "it looks like a file of label-studio",
    ),
    ("bare", "annotate agreement", "has no annotations yet; pull them first: standfirst annotate"),
    ("quays", "annotate agreement --round 7", "unknown round '7'; known: 1"),
    ("quays", "annotate agreement --dimension tune", "'tune'; did you mean 'tone'?"),
    (
        "quays",
        "annotate agreement --from ../columns.csv",
        "no column 'dimension'; name the columns",
    ),
    (
        "quays",
        "annotate agreement --from ../coded.csv --codebook ../book.yaml",
        "../coded.csv:3: unknown label 'worm'; did you mean 'warm'?",
    ),
    ("quays", "annotate agreement --from ../empty.csv", "the file is empty; name the columns in"),
    ("quays", "annotate agreement --from ../status.csv", "status.csv:2: the status 'maybe' is not"),
    ("quays", "annotate agreement --machine llm:x", "no language model has answered yet; ask one"),
    ("quays", "annotate coders --same evi@example.org e@v.org", "mean 'eve@example.org'?"),
    ("bare", "annotate adjudicate", "has no annotations yet; run: standfirst annotate pull"),
    ("bare", "annotate audit --model m", "no unit is drawn; draw: standfirst annotate sample 100"),
    ("quays", "annotate audit --model models/harbour", "no coder has both blind and assisted answ"),
    ("quays", f"annotate ask {MODEL} --round 9", "no unit of round '9'; name one of 1"),
    ("bare", f"annotate ask {MODEL}", "the corpus is empty; add articles with: standfirst corpus"),
    ("bare", "labels gold", "has no annotations yet; pull them: standfirst annotate pull"),
    ("quays", "labels gold --rule majorty", "unknown rule 'majorty'; did you mean 'majority'?"),
    ("quays", "labels export coded.sav", "annotations are exported as CSV or Parquet; name it"),
    # Models.
    ("bare", "train", "has no gold yet; run: standfirst labels gold"),
    ("quays", "train --label tune", "unknown dimension of codebook harbour: 'tune'; did you mean"),
    ("quays", "train --encoder minilmm", "unknown encoder 'minilmm'; did you mean 'minilm'?"),
    ("quays", "train --goal precision=90", "90 is not between 0 and 1; write macro-f1, precision"),
    ("quays", "train --context around", "unknown context 'around'; known: none, neighbours"),
    ("quays", "train -o ../note.txt", "../note.txt: is a file; name a folder"),
    ("quays", "train -o ..", "..: holds something other than a model; name another folder"),
    ("quays", "train --seed 4294967296", "out of range; give a whole number from 0 to 4294967295"),
    ("quays", "train --definitions", "no label has a definition or an example; write some into"),
    (
        "quays",
        "train --from-coder llm:x",
        "no language model has answered yet; ask one: standfirst",
    ),
    ("quays", "train --fine-tune full", "unknown method of fine-tuning 'full'; known: contrastive"),
    (".", "train --data nowhere.csv --label tone -o m", "nowhere.csv: no such file; check the"),
    (".", "train --data quays --label tone -o m", "quays: is a folder; name a file"),
    (".", "train --data note.txt --label tone -o m", "unknown format '.txt'; use one of .jsonl"),
    (".", "train --data empty.csv --label tone -o m", "empty.csv: the file is empty; name the"),
    (".", "train --data labelled.csv --label tune -o m", "'tune'; did you mean 'tone'?"),
    (".", "train --data labelled.csv --label tone --text body -o m", "for the text: 'body'; known"),
    (
        ".",
        "train --data labelled.csv --label tone --group article -o m",
        "'article'; did you mean 'article_id'?",
    ),
    (".", "train --data labelled.csv --label tone -o m", "occurs in one group only, so that none"),
    ("quays", "evaluate models/harbour", "has no test part; name labelled rows with --data, or"),
    ("quays", "evaluate models/harbor", "models/harbor: no such model; make one with: standfirst"),
    ("other", "evaluate ../quays/models/harbour", "is of revision "),
    (".", "evaluate foreign --data labelled.csv", "foreign: is not a model of Standfirst; name"),
    (".", "evaluate half --data labelled.csv", "half: weights.safetensors is missing or not a"),
    (".", f"compare {HARBOUR} {HARBOUR} --data labelled.csv", "compare: 1 model; name two or more"),
    (".", f"explain {HARBOUR} --text ''", "text 1: is empty; leave it out"),
    (".", f"distil {HARBOUR} in.jsonl -o m", "60 texts are left that are not in the gold; a stude"),
    (".", f"distil {HARBOUR} in.jsonl --cascade 0.9", "a cascade needs 1,000, better 50,000"),
    (".", f"distil {HARBOUR} in.jsonl -o m --unit line", "unknown unit 'line'; known: sentence"),
    # Tags.
    (".", "tag half unseen.jsonl -o t.csv", "half: weights.safetensors is missing or not a file;"),
    (".", "tag cut unseen.jsonl -o t.csv", "cut: weights.safetensors was changed or damaged;"),
    (".", "tag quays/models unseen.jsonl -o t.csv", "quays/models: is not a model: no manifest"),
    ("quays", "tag models/harbour ../no.jsonl -o t.csv", "../no.jsonl: no such file; check the"),
    ("quays", "tag models/harbour ../unseen.jsonl -o t.xlsx", "format of t.xlsx: '.xlsx'; known"),
    ("quays", "tag models/harbour ../in.jsonl -o ../in.jsonl", "is one of the inputs; name anoth"),
    ("quays", "tag models/harbour ../in.jsonl -o ../coded.csv", "is a file that this command did"),
    ("quays", "tag models/harbour ../in.jsonl -o t --engine rai", "'rai'; did you mean 'ray'?"),
    ("quays", "tag models/harbour ../in.jsonl -o t --unit sentences", "did you mean 'sentence'?"),
    (
        "quays",
        "tag models/harbour ../in.jsonl -o t --cascade 0.9",
        "has no students, to which --ca",
    ),
    # Shares and the report.
    ("bare", "measure shares", "nothing was drawn, so that gold stands for nothing; draw: standf"),
    ("quays", "measure shares no.parquet", "no.parquet: no such tags; run: standfirst tag MODEL"),
    ("quays", "measure shares units.parquet", "holds no tags: no columns NAME and NAME_prob; name"),
    ("quays", "measure shares ../unseen_tags.csv", "60 coded units of the design are not among"),
    ("quays", "measure shares --dimension tune", "'tune'; did you mean 'tone'?"),
    ("quays", "measure shares --by outlets", "'outlets'; did you mean 'outlet'?"),
    ("quays", "measure shares -o shares.xlsx", "unknown format of shares.xlsx: '.xlsx'; known"),
    ("quays", "measure shares ../void", "../void: holds no tags; name what `standfirst tag` wrote"),
    ("quays", "measure shares ../note.txt", "unknown format '.txt'; use one of .parquet, .jsonl"),
    ("quays", "measure shares --trend", "a trend takes two months: leave --trend out"),
    ("quays", "measure shares --by outlet --differences", "a difference takes two; draw for the"),
    (
        ".",
        "measure doubts unseen_tags.csv --gold gold_twice.csv",
        "stands in gold_twice.csv:2 alre",
    ),
    (".", "measure doubts unseen_tags.csv --gold columns.csv", "'unit_id'; did you mean 'unit'?"),
    (
        ".",
        "measure doubts unseen_tags.csv --gold gold_alone.csv",
        "no gold on its units; code some",
    ),
    (
        ".",
        "measure drift unseen_tags.csv --data labelled.csv --label tone",
        "2 articles of training",
    ),
    ("quays", "measure drift ../unseen_tags.csv", "3 articles to compare with it; it takes 10"),
    (
        "quays",
        "measure regression 'tone ~ outlet'",
        "'tone' is a dimension; name one of its labels",
    ),
    (
        "quays",
        "measure regression 'warm ~ month'",
        "formula: month has one group only; leave it out",
    ),
    ("quays", "measure regression 'warm ~ article_id'", "and takes 5 to be corrected; draw for it"),
    ("bare", "measure regression 'warm ~ month'", "nothing was drawn, so that gold stands for"),
    ("bare", "measure plan", "no tags, no gold and no unit that two have coded; say what you"),
    (".", "measure plan --share 1", "--share: 1; use a share above 0 and below 1"),
    (".", "measure shares unseen_tags.csv --gold gold_alone.csv", "has no column 'probability';"),
    (
        ".",
        "measure shares unseen_tags.csv --gold gold_percent.csv",
        "give the probability of being",
    ),
    (".", "measure shares unseen_tags.csv --gold gold_elsewhere.csv", "1 of 1 coded units are not"),
    ("quays", "measure plan --share 0.1 --alpha 0.5", "--lower: 0.667 for an alpha of 0.5; use a"),
    ("quays", "measure coders", "0 coders with 30 units that two others coded too; have 3 people"),
    ("quays", "report --tags ../unseen_tags.csv", "60 coded units of the design are not among the"),
    ("quays", "report -o ../note.txt", "../note.txt: is there already, and is no report; name"),
    ("quays", "report --verify ../note.txt", "../note.txt: is no report of Standfirst, or damaged"),
    ("quays", "report --verify no.html", "no.html: no such report; run: standfirst report"),
    ("quays", "report --verify ../latin.txt", "../latin.txt: is not UTF-8 text; name a report"),
    ("quays", "encoders pull minilmm", "unknown encoder to pull 'minilmm'; did you mean 'minilm'?"),
]
"""The folder, what is typed, and a part of the line."""

USAGE = [
    ("init", "Missing argument 'STUDY'"),
    ("statu", "No such command 'statu'. Did you mean 'status'"),
    ("annotate pul", "No such command 'pul'. Did you mean 'pull'?"),
    ("annotate sample ten", "Invalid value for 'n'"),
    ("annotate sample 0", "greater than or equal to 1"),
    ("annotate sample 10 --overlap 20", "Invalid value for '--overlap'"),
    ("annotate sample 10 --seed -1", "Invalid value for '--seed'"),
    ("annotate agreement --gate 80", "Invalid value for '--gate'"),
    ("train --data ../labelled.csv -o m", "--label: name a column of the labelled file"),
    ("train --data ../labelled.csv --label tone", "--output: name the folder of the model"),
    ("train --fast --thorough", "name one of --fast and --thorough"),
    ("train --folds 1", "Invalid value for '--folds'"),
    ("tag models/harbour ../unseen.jsonl", "Missing option '-o' / '--output'"),
    ("tag models/harbour ../in.jsonl -o t --abstain-below 80", "less than or equal to 1"),
    ("tag models/harbour ../in.jsonl -o t --max-rejects 5", "a share, such as 1% or 0.01"),
    ("tag models/harbour ../in.jsonl -o t --languages english", "codes of two letters, such as"),
    ("measure shares --level 95", "Invalid value for '--level'"),
    ("measure shares --random", "is about the units of --gold"),
    ("measure plan --half-width 2", "Invalid value for '--half-width'"),
    ("measure plan --alpha 0.8", "--share: name the share that you expect"),
    ("measure plan --f1 0.8 --data ../labelled.csv", "--data: needs --f1 and a column, with --dim"),
    ("measure shares --differences", "--by: differences are between groups: name --by"),
    ("measure shares --by ,", "--by: name what to group by, such as outlet,month"),
    ("measure drift ../unseen_tags.csv --data ../labelled.csv", "--label: name a column of the la"),
    ("measure coders --from ../coded.csv", "TAGS: name what `tag` wrote"),
    ("measure doubts --gold ../gold_alone.csv", "TAGS: name what `tag` wrote"),
    ("train --definitions --data ../labelled.csv --label tone", "--definitions: needs no labelled"),
    ("distil models/harbour ../in.jsonl", "-o: name a folder, or use --cascade"),
    (
        "distil models/harbour ../in.jsonl --student hashed --student hashed-pieces",
        "--student: several need --cascade",
    ),
    (f"annotate ask {MODEL} --budget 1", "--budget: needs prices: --prompt-price and --answer-pri"),
    (f"annotate ask {MODEL} --again --reworded", "--again: name one of --again and --reworded"),
    (f"annotate ask {MODEL} --again --corpus", "--again, --reworded: are for drawn units"),
    (f"annotate ask {MODEL} --round 1 --corpus", "--round: name a round or the corpus"),
    (f"annotate ask {MODEL} -o tags.csv", "--output: tags are of all units: --corpus"),
    (
        "annotate agreement --from ../coded.csv --machine llm:x",
        "--machine: is for answers of a study",
    ),
]
"""What is typed in the finished study, and a part of the line."""


def snapshot(root: Path) -> dict[str, bytes]:
    """Give all files but those that lock folders."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != ".lock.part"
    }


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget servers that the environment names."""
    for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("where", "words", "line"), REFUSED, ids=[row[1] for row in REFUSED])
def test_a_mistake_gets_one_line(world: Path, run: Run, where: str, words: str, line: str) -> None:
    """It is refused with one line that names the place and what to do; no file changes."""
    before = snapshot(world)
    done = run(*shlex.split(words), cwd=world / where)
    errors = [told for told in done.err.splitlines() if told.startswith("error: ")]

    assert done.code == 1
    assert len(errors) == 1
    assert done.err.rstrip("\n").endswith(errors[0])
    assert line in errors[0]
    assert "; " in errors[0]
    assert snapshot(world) == before


@pytest.mark.parametrize(("words", "line"), USAGE, ids=[row[0] for row in USAGE])
def test_wrong_usage_gets_one_line(world: Path, run: Run, words: str, line: str) -> None:
    """Below the usage of the command, one line says what is wrong; no file changes."""
    before = snapshot(world)
    done = run(*shlex.split(words), cwd=world / "quays")

    assert done.code == 2
    assert line in done.err.splitlines()[-1]
    assert snapshot(world) == before


def test_a_server_that_does_not_answer(
    world: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its address is named, and the token is not."""
    port = free_port()
    monkeypatch.setenv("LABEL_STUDIO_URL", f"http://127.0.0.1:{port}")
    halfway = run("annotate", "push", cwd=world / "quays")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "s3cret")
    done = run("annotate", "push", cwd=world / "quays")
    monkeypatch.setenv("LABEL_STUDIO_URL", f"127.0.0.1:{port}")
    bare = run("annotate", "push", cwd=world / "quays")

    assert "LABEL_STUDIO_API_KEY is not set; set both, or neither" in halfway.err
    assert re.fullmatch(rf"error: http://127.0.0.1:{port}: .+; .+\n", done.err)
    assert "s3cret" not in done.err
    assert "use an address such as http://host:8080" in bare.err
    assert halfway.code == done.code == bare.code == 1


def test_a_port_that_is_taken(world: Path, run: Run) -> None:
    """A server is not started beside what is there, and leaves nothing."""
    pytest.importorskip("label_studio")
    before = snapshot(world)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("annotate", "start", "--port", str(port), cwd=world / "bare")

    assert done.code == 1
    assert f"127.0.0.1:{port}: the port is in use; stop what runs there, or choose" in done.err
    assert snapshot(world) == before


@pytest.mark.server
def test_a_port_that_is_taken_while_the_server_starts(
    world: Path, tmp_path: Path, label_studio: LocalServer
) -> None:
    """It ends with the same line, instead of moving to another port or waiting for minutes."""
    study = tmp_path / "copy"
    shutil.copytree(world / "bare", study)
    state = study / ".standfirst" / "label-studio"
    shutil.copytree(label_studio.log.parent, state)
    (state / "server.log").unlink()
    port = free_port()
    words = [sys.executable, "-m", "standfirst", "annotate", "start", "--port", str(port)]
    with (
        socket.socket() as other,
        subprocess.Popen(words, cwd=study, stderr=subprocess.PIPE, text=True) as starting,
    ):
        # The log is opened once the port was seen to be free.
        while not (state / "server.log").exists() and starting.poll() is None:
            time.sleep(0.01)
        other.bind(("127.0.0.1", port))
        other.listen()
        told = starting.communicate()[1]

    assert starting.returncode == 1
    assert told.endswith(
        f"error: 127.0.0.1:{port}: the port is in use; stop what runs there, or choose another "
        "with --port\n"
    )


def test_a_coder_who_signed_up_otherwise(world: Path, run: Run) -> None:
    """A planned coder without answers, beside one who was not planned, is asked about."""
    done = run("annotate", "status", cwd=world / "quays")

    assert done.code == 0
    assert (
        "planned as flo@example.org, but coding as mia@example.org; say who is who: standfirst "
        "annotate coders --same flo@example.org mia@example.org" in done.err
    )


def test_records_without_a_text(world: Path, run: Run, tmp_path: Path) -> None:
    """They are named with the reason and kept aside, and the exit code says so."""
    study = tmp_path / "copy"
    shutil.copytree(world / "bare", study)
    empty = run("corpus", "add", str(world / "empty.csv"), cwd=study)
    titles = run("corpus", "add", str(world / "titles.csv"), cwd=study)

    assert empty.code == titles.code == 1
    assert "empty.csv: the file is empty" in empty.out
    assert "rejected: 1 no column for the text" in titles.out
    assert "rejected records are in " in titles.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to(run: Run, tmp_path: Path) -> None:
    """The path is named, and that it is about access rights."""
    tmp_path.chmod(0o500)
    done = run("init", "new", cwd=tmp_path)
    tmp_path.chmod(0o700)

    assert done.code == 1
    assert "Permission denied; check the path and its access rights" in done.err
