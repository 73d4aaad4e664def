"""Damaged and hostile inputs for all readers: no traceback, no hang, nothing lost silently.

    python benchmarks/fuzz.py [KIND ...] [--cases 20000] [--seed 0] [--keep DIR] [--smoke]

Sound files of every format are made and damaged in one of three ways: blindly, as disks and copies
do it (bits, cuts, bytes put in); with pieces that trouble parsers (quotes, NUL, other encodings,
deep brackets, aliases); or, for lists of records, row by row. Each case runs in a process of its
own, with a limit on its time and memory.

What is checked of each case:

* it ends by itself, in time, without a traceback; a refusal is one line;
* every record whose mark still stands in the file is in the output, or there are rejects;
* no record of a list has swallowed another, unless there are rejects;
* after damage row by row, rows in = records out + rejects, exactly.

Pages (HTML, WARC) are not held to the second and third: what is no text of theirs is left out.
"""

import argparse
import codecs
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

from pyarrow import parquet

from standfirst.benchmarks import damaged_bundles as bundles
from standfirst.benchmarks import sound_inputs
from standfirst.benchmarks.sound_inputs import N_ROWS, delimited, lines, rows, tables
from standfirst.cli import main as command
from standfirst.corpus import Reject, read_articles
from standfirst.errors import StandfirstError
from standfirst.labels.codebook.starters import ready_codebooks
from standfirst.models import Model, from_file
from standfirst.models.encoders.registry import make_encoder

SECONDS = 20
MOST_SECONDS = 300
MEMORY = 1_500 * 2**20
MARK = re.compile(r"mark\d{4}")
MARKED_ID = re.compile(r'"unit_id": ?"(mark\d{4})"')
SWALLOWED = re.compile(r"mark\d{4}.*(?:\n|\r|\\n|\\r).*mark\d{4}", re.DOTALL)
"""A record with a line break between two marks; without one, damage itself has joined the rows."""
TROUBLE = (
    *(b'"', b'""', b"'", b"\n", b"\r", b"\r\n", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9"),
    *("\u2028".encode(), "\u0085".encode(), b"\x0b", b"\x0c", b",", b";", b"\t", b"|", b"\x1a"),
    *(b"[" * 5_000, b"{" * 3_000, b"{}", b"null", b"NaN", b"-1e999", b"9" * 5_000, b"&a [*a]"),
    *(b"? &b {*b : 1}\n", b"!!python/object:os.system", b"- " * 500, b"<!--", b"<![CDATA["),
    *(b"\\u0000", b"\\ud800", b"sep=;\n", b"=cmd()", b"a" * 200_000),
)  # fmt: skip


_READABLE = {".csv", ".tsv", ".json", ".jsonl", ".rss", ".xml", ".txt"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file."""

    records: list[str]
    """All of each record that came out, as text."""
    rejects: list[str]
    """All of each reject, as text."""
    refused: str = ""
    """The line by which the whole was refused; empty where it was not."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that reads, with sound inputs for it."""

    name: str
    """Its name."""
    inputs: dict[str, bytes]
    """Name of a file to its content."""
    read: Callable[[Path], Outcome]
    """What reads one of them."""
    with_rows: tuple[str, ...] = ()
    """Suffixes of lists of records, which are damaged row by row too."""
    marks: bool = True
    """Whether records of the input bear marks, which must come out again."""

    def bears_marks(self, name: str) -> bool:
        """Tell whether the marks of a file can be read off its bytes, one a record."""
        return self.marks and Path(name).suffix in _READABLE


# What reads.


def read_all(path: Path) -> Outcome:
    """Read articles."""
    found = list(read_articles([str(path)]))
    kept = [repr(one) for one in found if not isinstance(one, Reject)]
    return Outcome(kept, [f"{one.reason} {one.raw}" for one in found if isinstance(one, Reject)])


def labelled(path: Path) -> Outcome:
    """Read a labelled file, as `train --data` does."""
    data = from_file(path, ["tone"])
    return Outcome(list(data.texts), [])


def run(*words: str) -> tuple[int, str, str]:
    """Run a command in this process; give its exit code, its output, and what else it said."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["standfirst", *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            command()
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def by_command(words: Sequence[str], path: Path, outputs: Sequence[Path], bad: Path) -> Outcome:
    """Run a command on a file, and read what it wrote."""
    code, out, err = run(*(str(path) if word == "FILE" else word for word in words))
    rejects = _lines(bad)
    if code == 0:
        records = [line for output in outputs for line in _lines(output)]
        return Outcome(records or [out], rejects)
    assert code in (1, 2), f"exit code {code}: {err}"
    errors = [line for line in err.splitlines() if line.startswith(("error:", "Usage:"))]
    # Where nothing could be used, each reject says why.
    assert errors or rejects, f"refused without a line: {err[-300:]}"
    return Outcome([], rejects, refused=errors[-1] if errors else rejects[-1])


def _lines(path: Path) -> list[str]:
    if path.suffix == ".parquet" and path.is_file():
        return [repr(row) for row in parquet.read_table(path).to_pylist()]
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def in_study(study: Path, words: Sequence[str], outputs: Sequence[str], bad: str) -> Any:
    """Give what runs a command in a copy of a study."""

    def read(path: Path) -> Outcome:
        copy = path.parent / "study"
        shutil.copytree(study, copy)
        given = [*words, "--study", str(copy)]
        outcome = by_command(given, path, [copy / name for name in outputs], copy / bad)
        if outcome.refused:
            return outcome
        parts = [row for part in copy.glob("corpus/articles/*.parquet") for row in _lines(part)]
        return Outcome(parts if "corpus" in words else outcome.records, outcome.rejects)

    return read


def load_bundle(path: Path) -> Outcome:
    """Load a bundle and ask it."""
    Model.load(path).predict(["Talks resume."])
    return Outcome([], [])


def load_encoder(path: Path) -> Outcome:
    """Make an encoder of a folder and ask it."""
    make_encoder(str(path)).encode(["Talks resume."])
    return Outcome([], [])


# Damage.


def damage(content: bytes, rng: random.Random) -> bytes:
    """Damage bytes blindly, or by a piece that troubles parsers."""
    if rng.random() < 0.5:
        return bundles.blind(content, rng)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(content) + 1)
        gone = rng.choice([0, 0, 1, 20])
        content = content[:at] + rng.choice(TROUBLE) + content[at + gone :]
    return content


def damage_rows(content: bytes, suffix: str, rng: random.Random) -> tuple[bytes, int]:
    """Damage whole rows; give the content, and how many rows it has now."""
    head = [] if suffix == ".jsonl" else [content.splitlines()[0]]
    body = content.splitlines()[len(head) :]
    separator = {".csv": b",", ".tsv": b"\t"}.get(suffix, b"")
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(body))
        if suffix == ".jsonl":
            broken: list[bytes] = [
                b"{broken",
                b"4",
                b"[]",
                body[at][:-9],
                b'{"text": 4}',
                b"\xff\xfe",
            ]
            body[at] = rng.choice(broken)
        else:
            worse = [body[at] + separator + b"x" + separator, body[at] + b'"x', b'"' + body[at]]
            body[at] = rng.choice(
                [*worse, body[at].split(separator)[0] + separator, b"\xff" + body[at]]
            )
        if rng.random() < 0.3:
            body.insert(at, body[at])
    return b"\n".join([*head, *body]) + b"\n", len(body)


# One case.


def wrong(content: bytes, outcome: Outcome, n_rows: int | None, *, marks: bool) -> str:
    """Say what was lost without a word; empty where nothing was."""
    if "\n" in outcome.refused:
        return f"refused in more than one line: {outcome.refused!r}"
    if outcome.refused:
        return ""
    if n_rows is not None and len(outcome.records) + len(outcome.rejects) != n_rows:
        return f"{n_rows} rows in, {len(outcome.records)} out, {len(outcome.rejects)} rejects"
    if not marks or outcome.rejects:
        return ""
    out = " ".join(outcome.records)
    encoding = "utf-16" if content.startswith(codecs.BOM_UTF16) else "utf-8"
    text = content.decode(encoding, "replace")
    there = set(MARK.findall(text))
    if '"unit_id"' in text:
        # An answer whose id was changed is an answer on another unit.
        there &= set(MARKED_ID.findall(text))
    if lost := there - set(MARK.findall(out)):
        return f"lost without a word: {sorted(lost)}"
    swallowed = [record for record in outcome.records if SWALLOWED.search(record)]
    return f"swallowed: {swallowed[0][:200]}" if swallowed else ""


@contextmanager
def quiet() -> Iterator[None]:
    """Send what libraries print by themselves to nowhere."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    yield


def apart(work: Callable[[], str], folder: Path) -> str:
    """Do work in a process of its own, with limits; give what was wrong, or how it ended well."""
    report = folder / "report"
    child = os.fork()
    if child == 0:
        with quiet():
            size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
            # Time of the processor, because others may want it too.
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
            try:
                said = work()
            except StandfirstError as error:
                said = "refused" if "\n" not in str(error) else f"WRONG more than one line: {error}"
            except BaseException:  # noqa: BLE001 - this is what is looked for
                said = "WRONG " + traceback.format_exc()[-1_500:]
            report.write_text(said)
            os._exit(0)
    ends = time.monotonic() + MOST_SECONDS
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > ends:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return f"WRONG hangs for more than {MOST_SECONDS} s"
        time.sleep(0.002)
    if os.WIFSIGNALED(done[1]) and os.WTERMSIG(done[1]) == signal.SIGXCPU:
        return f"WRONG works for more than {SECONDS} s"
    return report.read_text() if report.is_file() else f"WRONG died: status {done[1]}"


def case(kind: Kind, rng: random.Random, folder: Path) -> str:
    """Damage one file of a kind and read it."""
    name = rng.choice(sorted(kind.inputs))
    content, n_rows = kind.inputs[name], None
    in_rows = Path(name).suffix in kind.with_rows and not content.startswith(codecs.BOM_UTF16)
    if in_rows and rng.random() < 0.3:
        content, n_rows = damage_rows(content, Path(name).suffix, rng)
    else:
        content = damage(content, rng)
    path = folder / name
    path.write_bytes(content)

    def work() -> str:
        outcome = kind.read(path)
        problem = wrong(content, outcome, n_rows, marks=kind.bears_marks(name))
        return f"WRONG {problem}" if problem else "refused" if outcome.refused else "read"

    return apart(work, folder)


def folder_case(
    whole: Sequence[Path], read: Callable[[Path], Outcome], rng: random.Random, folder: Path
) -> str:
    """Damage a folder of a model or an encoder and load it."""
    path, trace = folder / "model", folder / "executed"
    shutil.copytree(rng.choice(whole), path)
    if (path / "manifest.json").is_file():
        bundles.damage(path, trace, rng)
    else:
        victim = rng.choice(sorted(one for one in path.rglob("*") if one.is_file()))
        content = victim.read_bytes()
        knowing = victim.suffix == ".json" and rng.random() < 0.5
        victim.write_bytes(
            json.dumps(bundles.exchange(json.loads(content), rng)).encode()
            if knowing
            else damage(content, rng)
        )

    def work() -> str:
        read(path)
        return "read"

    said = apart(work, folder)
    return "WRONG a planted pickle was executed" if trace.exists() else said


Case = Callable[[random.Random, Path], str]


def kinds(scratch: Path, only: Sequence[str]) -> dict[str, Case]:
    """Make the kinds, each with its sound inputs, which must be read whole."""
    study = scratch / "study"
    assert run("init", str(study), "--codebook", "stance")[0] == 0
    told = rows()
    (scratch / "news.jsonl").write_bytes(lines(told))
    assert run("corpus", "add", str(scratch / "news.jsonl"), "--study", str(study))[0] == 0
    models = bundles.make_models(scratch)
    coded = [
        {"unit": f"mark{n:04}", "coder": coder, "dimension": "tone", "label": "ab"[(n + k) % 2]}
        for n in range(N_ROWS)
        for k, coder in enumerate(("ann", "bo"))
    ]
    book = (study / "codebook.yaml").read_bytes()
    choice = {"from_name": "stance", "to_name": "text", "type": "choices"}
    done = [
        {
            "id": n,
            "data": {"unit_id": f"mark{n:04}", "text": told[n]["text"]},
            "annotations": [
                {
                    "id": n,
                    "completed_by": {"email": "ann@example.org"},
                    "created_at": "2026-01-02T03:04:05Z",
                    "result": [{**choice, "value": {"choices": ["favour"]}}],
                }
            ],
        }
        for n in range(N_ROWS)
    ]
    doccano = [
        {"id": n, "text": "x", "unit_id": f"mark{n:04}", "label": ["favour"]} for n in range(N_ROWS)
    ]
    prodigy = [
        {
            "text": "x", "unit_id": f"mark{n:04}", "dimension": "stance", "accept": ["favour"],
            "answer": "accept", "_annotator_id": "news-ann", "_timestamp": 1_704_189_600,
        }
        for n in range(N_ROWS)
    ]  # fmt: skip
    answered = ("annotations/annotations.jsonl",)
    bad = "annotations/rejects.jsonl"
    other_tool = ("--format", "doccano", "--coder", "ann")
    add = in_study(study, ["corpus", "add", "FILE"], [], "corpus/rejects.jsonl")
    tag = ["tag", str(models[1]), "FILE", "--quiet"]
    everything = sound_inputs.articles() | sound_inputs.pages() | sound_inputs.documents()
    everything |= sound_inputs.databases() | sound_inputs.archives()
    listed = [
        Kind("articles", sound_inputs.articles(), read_all, (".csv", ".tsv", ".jsonl")),
        Kind("pages", sound_inputs.pages(), read_all, marks=False),
        Kind("documents", sound_inputs.documents(), read_all, marks=False),
        Kind("databases", sound_inputs.databases(), read_all),
        Kind("archives", sound_inputs.archives(), read_all, marks=False),
        Kind("add", everything, add),
        Kind(
            "train",
            {
                name: content
                for name, content in tables(rows(tone=lambda n: ("for", "no")[n % 2])).items()
                if name != "r.xlsx"
            },
            labelled,
        ),
        Kind("tag", everything, lambda path: _tagged(tag, path), marks=False),
        Kind("agreement", {"c.csv": delimited(coded), "c.tsv": delimited(coded, "\t")},
             partial(by_command, ["annotate", "agreement", "--from", "FILE", "--json"],
                     outputs=[], bad=scratch / "none"), marks=False),
        Kind("import", {"t.json": json.dumps(done).encode()},
             in_study(study, ["annotate", "import", "FILE", "--json"], answered, bad)),
        Kind("import-lines", {"d.jsonl": lines(doccano)},
             in_study(study, ["annotate", "import", "FILE", *other_tool], answered, bad)),
        Kind("import-prodigy", {"p.jsonl": lines(prodigy)},
             in_study(study, ["annotate", "import", "FILE", "--format", "prodigy"], answered, bad)),
        Kind("codebook", {"book.yaml": book} | {
                 path.name: path.read_bytes() for path in ready_codebooks().values()
             },
             partial(by_command, ["labels", "check", "FILE"], outputs=[], bad=scratch / "none"),
             marks=False),
    ]  # fmt: skip
    found: dict[str, Case] = {}
    for kind in listed:
        if only and kind.name not in only:
            continue
        for name, content in kind.inputs.items():
            folder = Path(tempfile.mkdtemp(dir=scratch))
            (folder / name).write_bytes(content)
            outcome = kind.read(folder / name)
            problem = wrong(content, outcome, None, marks=kind.bears_marks(name))
            assert not problem, f"{kind.name} {name}: sound, but {problem}"
            problem = outcome.refused or "; ".join(outcome.rejects)
            assert not problem, f"{kind.name} {name}: sound, but {problem}"
        found[kind.name] = partial(case, kind)
    if not only or "bundle" in only:
        load_bundle(models[0])
        found["bundle"] = partial(folder_case, models, load_bundle)
    if not only or "encoder" in only:
        from standfirst.tests.models.conftest import _write_folder

        networks = [_write_folder(scratch / name, name) for name in ("bert", "mpnet")]
        load_encoder(networks[0])
        found["encoder"] = partial(folder_case, networks, load_encoder)
    return found


def _tagged(words: Sequence[str], path: Path) -> Outcome:
    """Tag a file, and hold the counts of the run to each other."""
    out = path.parent / "tags"
    outcome = by_command([*words, "-o", str(out)], path, [], out / "rejects.jsonl")
    if not outcome.refused:
        told = json.loads((out / "_SUCCESS").read_text())
        parts = told["articles"] + told["duplicates"] + told["rejects"]
        assert told["records"] == parts, f"counts do not add up: {told}"
    return outcome


def fuzz(
    n_cases: int, seed: int, only: Sequence[str] = (), keep: Path | None = None
) -> tuple[Counter[str], list[str]]:
    """Run so many cases over all kinds in turn; give counts, and what was wrong."""
    rng, counts, faults = random.Random(seed), Counter[str](), []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        os.environ["STANDFIRST_HOME"] = str(scratch / "home")
        known = kinds(scratch, only)
        names = list(known)
        for number in range(n_cases):
            kind = names[number % len(names)]
            folder = scratch / f"case-{number}"
            folder.mkdir()
            said = known[kind](random.Random(rng.random()), folder)
            counts[f"{kind}: {said.split()[0].lower()}"] += 1
            if said.startswith("WRONG"):
                faults.append(f"case {number} ({kind}): {said.removeprefix('WRONG ')}")
                print(faults[-1], flush=True)
                if keep:
                    shutil.copytree(folder, keep / f"{seed}-{number}-{kind}", dirs_exist_ok=True)
            shutil.rmtree(folder)
            if (number + 1) % 500 == 0:
                print(f"{number + 1} cases, {len(faults)} wrong", flush=True)
    return counts, faults


def main() -> int:
    """Run the cases and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help="all by default")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs of what goes wrong")
    parser.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options = parser.parse_args()
    n_cases = 44 if options.smoke else options.cases
    begun = time.monotonic()
    counts, faults = fuzz(n_cases, options.seed, options.kinds, options.keep)
    for name, n in sorted(counts.items()):
        print(f"{name}: {n}")
    print(f"{n_cases} cases in {time.monotonic() - begun:.0f} s, {len(faults)} wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
