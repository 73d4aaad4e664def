"""Whether what goes to Label Studio comes back equal, and how long it takes.

``python benchmarks/roundtrip.py [--units 100000] [--answers 5000]
[--smoke]`` starts a Label Studio of its
own, pushes units whose texts are hard to carry (any characters of any plane, right-to-left script,
HTML, line breaks of all kinds, NUL), has some of them answered at random by two coders, and
compares every task and every answer. Then it times a pull of 5,000 tasks with 6,000 answers.
"""

import argparse
import importlib.util
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from standfirst.annotate.answers.from_label_studio import Read
from standfirst.annotate.answers.merge import merge_answers
from standfirst.annotate.label_studio.connection import Server, connect
from standfirst.annotate.label_studio.local_server import free_port, start_local
from standfirst.annotate.label_studio.projects import Batch, project
from standfirst.annotate.label_studio.sync import pull, push
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result, task, unfit, with_annotations
from standfirst.corpus import content_id
from standfirst.labels import Annotation, Codebook, load_codebook, ready_codebooks

PIECES = (
    *(
        "😀",
        "👩‍👩‍👧",
        "نقلت الحكومة",
        "העם",
        "<script>alert(1)</script>",
        "&amp;",
        "\n",
        "\r\n",
        "\t",
    ),
    *("\u2028", "\u202e", "$title", "“so”", "\\", '"', "'", "{{x}}", "\x7f", "\u0301", " "),
)
CODERS = ("ann@example.org", "bo@example.org")


def text(dice: random.Random) -> str:
    """Make a text that is hard to carry."""
    parts = [dice.choice(PIECES) for _ in range(dice.randint(1, 8))]
    for _ in range(dice.randint(0, 6)):
        code = dice.randint(1, 0x10FFFF)
        parts.append(chr(code) if not 0xD800 <= code <= 0xDFFF else "\0")
    return "The minister said " + "".join(parts)


def answers(dice: random.Random, codebook: Codebook, unit_id: str, coder: str) -> list[Annotation]:
    """Make one coder's answer on a unit."""
    skipped, comment = dice.random() < 0.1, dice.choice(["", "hm 😀", "“so”\nso"])
    rows = []
    for one in codebook.dimensions:
        most = 1 if one.choice == "single" else 3
        chosen = dice.sample(one.label_ids, dice.randint(0, most))
        # The page lets nobody tick a label that stands alone beside another.
        labels = () if skipped else one.compatible(tuple(x for x in one.label_ids if x in chosen))
        status: Any = "skipped" if skipped else "answered" if labels else "open"
        row = Annotation(unit_id, coder, one.id, labels, status, source=coder, seconds=2.5)
        rows.append(row if skipped else Annotation(**_fields(row) | {"comment": comment}))
    return rows


def _fields(row: Annotation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def told(rows: Sequence[Annotation]) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """Give what must come back of answers."""
    return {
        (row.unit_id, row.coder, row.dimension): (row.labels, row.status, row.comment, row.seconds)
        for row in rows
    }


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something takes."""
    begun = time.perf_counter()
    yield
    print(f"{what:60} {time.perf_counter() - begun:8.1f} s", flush=True)


def send(
    server: Server, codebook: Codebook, n_units: int, n_answers: int, *, folder: Path, title: str
) -> tuple[int, list[dict[str, Any]], list[Annotation]]:
    """Push units, some of them with answers, and give what was sent."""
    dice = random.Random(n_units)
    units: list[dict[str, Any]] = [
        {"unit_id": content_id(title, str(i)), "article_id": f"a{i // 20}", "text": text(dice)}
        | {"before": text(dice), "after": text(dice), "title": text(dice), "index": i}
        for i in range(n_units)
    ]
    pairs = [(unit["unit_id"], CODERS[i % 2]) for i, unit in enumerate(units)]
    more = [(unit_id, CODERS[(i + 1) % 2]) for i, (unit_id, _) in enumerate(pairs[: n_units // 5])]
    rows = [
        row
        for unit_id, coder in (pairs + more)[-n_answers:]
        for row in answers(dice, codebook, unit_id, coder)
    ]
    tasks = [task(unit, revision=codebook.revision) for unit in units]
    number = project(server, codebook, Batch(title, 2, ()), folder / "projects.json")
    print(f"{sum(map(unfit, units))} of {n_units} units have characters that are left out (NUL)")
    with timed(f"push of {n_units} units, {len(rows) // 4} answers with them"):
        done = push(server, number, list(with_annotations(tasks, rows)), batch=1000)
    assert (done.n_sent, done.n_known, done.n_doubles) == (n_units, 0, 0)
    with timed(f"push of the same {n_units} units again"):
        done = push(server, number, tasks, batch=1000)
    assert (done.n_sent, done.n_known, done.n_doubles) == (0, n_units, 0)
    return number, tasks, rows


def same(server: Server, number: int, tasks: list[dict[str, Any]]) -> None:
    """Compare every task with what was sent."""
    wanted = {one["data"]["unit_id"]: one["data"] for one in tasks}
    rows = [row["data"] for row in tasks_of(server, number)]
    got = {row["unit_id"]: row for row in rows}
    assert len(rows) == len(got) == len(wanted)
    differ = [unit_id for unit_id, data in wanted.items() if got.get(unit_id) != data]
    print(f"{len(wanted) - len(differ)} of {len(wanted)} tasks came back equal")
    assert not differ, differ[:3]


def compare(read: Read, rows: Sequence[Annotation]) -> None:
    """Compare every answer with what was sent."""
    got, wanted = told(read.annotations), told(rows)
    equal = sum(got.get(key) == value for key, value in wanted.items())
    print(f"{equal} of {len(wanted)} rows ({read.n_answers} answers) came back equal")
    assert got == wanted
    assert not read.rejects


def _busy(process: int) -> float:
    """Give the seconds for which a process has computed, where the system tells it."""
    try:
        told_ = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told_[11]) + int(told_[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Run it."""
    options = argparse.ArgumentParser()
    options.add_argument("--units", type=int, default=100_000)
    options.add_argument("--answers", type=int, default=5_000)
    options.add_argument("--smoke", action="store_true", help="a tiny run of all parts")
    options.add_argument("--template", type=Path, help="the folder of a server, to copy")
    asked = options.parse_args()
    asked.units, asked.answers = (60, 20) if asked.smoke else (asked.units, asked.answers)
    if importlib.util.find_spec("label_studio") is None:
        print("Label Studio is not installed: skipped")
        return 0
    codebook = load_codebook(ready_codebooks()["transfer-deals"])
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        if asked.template:
            shutil.copytree(asked.template, folder / "ls")
        local = stack.enter_context(start_local(folder / "ls", port=free_port()))
        server = stack.enter_context(connect(local.access))
        for email in CODERS:
            server.client.users.create(email=email, username=email, first_name="", last_name="")
        number, tasks, rows = send(
            server, codebook, asked.units, asked.answers, folder=folder, title="Round trip"
        )
        with timed(f"reading {asked.units} tasks"):
            same(server, number, tasks)
        one = tasks[0]["data"]["unit_id"]
        first = next(r for r in tasks_of(server, number) if r["data"]["unit_id"] == one)
        by_hand = result({"stance": ["legal_check"]}, "by the API")
        server.client.annotations.create(id=first["id"], result=by_hand, lead_time=1.0)
        with timed(f"pull of {asked.answers + 1} answers on {asked.units} tasks"):
            read = pull(server, number, codebook)
        mine = [row for row in read.annotations if row.coder not in CODERS]
        assert {row.comment for row in mine} == {"by the API"}
        read.annotations = [row for row in read.annotations if row.coder in CODERS]
        read.n_answers -= 1
        compare(read, rows)
        path = folder / "annotations.jsonl"
        merge_answers(path, read)
        before = path.read_bytes()
        with timed("pull of what changed since"):
            merge_answers(path, pull(server, number, codebook, since=read.newest))
        after = {row for row in path.read_bytes().splitlines() if b"by the API" not in row}
        assert after == set(before.splitlines())

        n_units, n_answers = (50, 60) if asked.smoke else (5_000, 6_000)
        number, tasks, rows = send(server, codebook, n_units, n_answers, folder=folder, title="Bar")
        begun, busy = time.perf_counter(), _busy(local.process.pid)
        read = pull(server, number, codebook)
        seconds, busy = time.perf_counter() - begun, _busy(local.process.pid) - busy
        compare(read, rows)
        met = "met" if seconds < 30 else "NOT met"
        print(
            f"pull of {n_units:,} tasks with {n_answers:,} answers: {seconds:.1f} s "
            f"(bar: 30 s, {met}); "
            f"the server computed {busy:.1f} s of it; load {os.getloadavg()[0]:.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
