import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from standfirst.annotate.answers.merge import merge_answers
from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.sync import pull, push
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result, task
from standfirst.corpus import content_id
from standfirst.labels import Codebook, read_annotations

pytestmark = pytest.mark.server
NASTY = ("😀 she said: “no”", "نقلت الحكومة\nثم", "<script>alert(1)</script> & $title", "tab\tend")


def tasks(n: int, codebook: Codebook, *, name: str = "a1") -> list[dict[str, Any]]:
    """Make tasks whose texts are hard to carry."""
    units = [
        {
            "unit_id": content_id(name, str(i)),
            "article_id": name,
            "text": f"{NASTY[i % len(NASTY)]} {i}",
            "title": "Talks resume",
            "index": i,
        }
        for i in range(n)
    ]
    return [task(unit, revision=codebook.revision, coding_round="1") for unit in units]


def test_round_trip(
    server: Server,
    sign_up: Callable[[str], Any],
    new_project: Callable[..., int],
    codebook: Codebook,
    tmp_path: Path,
) -> None:
    """What two coders answer comes back equal: labels, skips, times, comments, names and all.

    The names of speakers are among it, on a page that asks for them.
    """
    codebook = replace(codebook, speaker_name=True)
    project = new_project(codebook, "Round trip", n_coders=2)
    made = tasks(12, codebook)

    assert push(server, project, made, batch=5).n_sent == 12
    again = push(server, project, made)
    assert (again.n_sent, again.n_known, again.n_doubles) == (0, 12, 0)

    stored = {row["data"]["unit_id"]: row for row in tasks_of(server, project)}
    assert {key: row["data"] for key, row in stored.items()} == {
        one["data"]["unit_id"]: one["data"] for one in made
    }

    dice = random.Random(7)
    wanted: dict[tuple[str, str, str], tuple[tuple[str, ...], str, str, str]] = {}
    for email in ("ann@example.org", "bo@example.org"):
        coder = sign_up(email)
        for unit_id, row in stored.items():
            skipped = dice.random() < 0.2
            answers = {
                d.id: d.compatible(
                    tuple(
                        dice.sample(d.label_ids, 1 if d.choice == "single" else dice.randint(0, 3))
                    )
                )
                for d in codebook.dimensions
            }
            comment = dice.choice(["", "doubtful: “quoted”", "👀"])
            speaker = dice.choice(["", "Ana Söderström 😀", "عمر"])
            coder.server.client.annotations.create(
                id=row["id"],
                result=[] if skipped else result(answers, comment, speaker),
                was_cancelled=skipped,
                lead_time=2.5,
            )
            for d in codebook.dimensions:
                chosen = () if skipped else tuple(x for x in d.label_ids if x in answers[d.id])
                status = "skipped" if skipped else "answered" if chosen else "open"
                notes = ("", "") if skipped else (comment, speaker)
                wanted[unit_id, email, d.id] = (chosen, status, *notes)
    read = pull(server, project, codebook)

    assert not read.rejects
    got = {
        (r.unit_id, r.coder, r.dimension): (r.labels, r.status, r.comment, r.speaker_name)
        for r in read.annotations
    }
    assert got == wanted
    assert {row.seconds for row in read.annotations} == {2.5}
    assert {row.revision for row in read.annotations} == {codebook.revision}

    path = tmp_path / "annotations.jsonl"
    merge_answers(path, read)
    before = path.read_bytes()
    kept = merge_answers(path, pull(server, project, codebook))
    assert (kept.n_new, path.read_bytes()) == (0, before)
    assert len(read_annotations(path)) == 12 * 2 * len(codebook.dimensions)


def test_only_what_changed_is_read_again(
    server: Server,
    sign_up: Callable[[str], Any],
    new_project: Callable[..., int],
    codebook: Codebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second pull reads the tasks that were answered, skipped or changed since; drafts count."""
    monkeypatch.setattr("standfirst.annotate.label_studio.sync._earlier", lambda since: since)
    project = new_project(codebook, "Incremental", n_coders=2)
    push(server, project, tasks(6, codebook))
    rows = list(tasks_of(server, project))
    api = server.client.annotations
    answers = result({"stance": ["legal_check"]})
    made = [api.create(id=row["id"], result=answers) for row in rows[:3]]
    first = pull(server, project, codebook)
    draft = {"result": answers, "lead_time": 2}
    other = sign_up("eve@example.org").server
    other.raw("POST", f"/api/tasks/{rows[5]['id']}/drafts", json=draft)
    api.update(id=made[0].id, result=result({"stance": ["neutral_reporting"]}))
    api.create(id=rows[1]["id"], result=answers)
    api.create(id=rows[4]["id"], result=[], was_cancelled=True)
    second = pull(server, project, codebook, since=first.newest)

    assert (first.n_tasks, first.n_answers, first.n_drafts) == (3, 3, 0)
    # The task that changed last before the first pull has just the time from which to look.
    seen = {row.unit_id for row in second.annotations} - {rows[2]["data"]["unit_id"]}
    assert seen == {rows[i]["data"]["unit_id"] for i in (0, 1, 4)}
    assert (second.n_skipped, second.n_drafts) == (1, 1)


def test_changed_answer_supersedes_and_stays(
    server: Server, new_project: Callable[..., int], codebook: Codebook, tmp_path: Path
) -> None:
    """An answer that a coder changes later is a second row; the first one stays."""
    project = new_project(codebook, "Changed")
    push(server, project, tasks(1, codebook))
    (row,) = tasks_of(server, project)
    made = server.client.annotations.create(
        id=row["id"], result=result({"stance": ["legal_check"]})
    )
    path = tmp_path / "annotations.jsonl"
    merge_answers(path, pull(server, project, codebook))
    server.client.annotations.update(id=made.id, result=result({"stance": ["neutral_reporting"]}))
    merge_answers(path, pull(server, project, codebook))

    labels = [row.labels for row in read_annotations(path) if row.dimension == "stance"]
    assert labels == [("legal_check",), ("neutral_reporting",)]


def test_answers_outside_the_codebook_are_set_aside(
    server: Server, new_project: Callable[..., int], codebook: Codebook
) -> None:
    """The server stores any label; what is unknown is set aside, the rest of the answer stays."""
    project = new_project(codebook, "Unknown label")
    push(server, project, tasks(1, codebook))
    (row,) = tasks_of(server, project)
    bad = result({"stance": ["bogus"], "position": ["opposes"]})
    server.client.annotations.create(id=row["id"], result=bad)
    read = pull(server, project, codebook)

    (reject,) = read.rejects
    assert reject.reason.endswith("stance: 'bogus' is not a label of the codebook")
    assert f"/projects/{project}/data?task={row['id']}" in reject.reason
    assert [row.labels for row in read.annotations if row.dimension == "position"] == [("opposes",)]


def test_lost_answer_does_not_double(
    server: Server,
    new_project: Callable[..., int],
    codebook: Codebook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An import that was stored, but whose answer got lost, is not sent a second time."""
    project = new_project(codebook, "Lost answer")
    real = server.client.projects.import_tasks
    calls = []

    def lossy(*words: Any, **options: Any) -> Any:
        calls.append(words)
        real(*words, **options)
        if len(calls) == 1:
            raise httpx.ReadTimeout("the answer got lost")

    monkeypatch.setattr(server.client.projects, "import_tasks", lossy)
    pushed = push(server, project, tasks(8, codebook), batch=4, wait=lambda _: None)

    ids = Counter(row["data"]["unit_id"] for row in tasks_of(server, project))
    assert (len(ids), ids.total(), len(calls)) == (8, 8, 2)
    assert (pushed.n_sent, pushed.n_known) == (8, 0)


def test_doubled_tasks_are_removed_unless_answered(
    server: Server, new_project: Callable[..., int], codebook: Codebook
) -> None:
    """Of two tasks with one unit the blank one goes."""
    project = new_project(codebook, "Doubled")
    made = tasks(3, codebook)
    for _ in range(2):
        server.client.projects.import_tasks(project, request=made)
    last = list(tasks_of(server, project))[-1]
    server.client.annotations.create(id=last["id"], result=result({"stance": ["legal_check"]}))

    assert push(server, project, made).n_doubles == 3
    left = list(tasks_of(server, project))
    assert sorted(row["data"]["index"] for row in left) == [0, 1, 2]
    assert last["id"] in {row["id"] for row in left}


KILLED = """
import sys
from standfirst.annotate.label_studio.access import Access
from standfirst.annotate.label_studio.connection import connect
from standfirst.annotate.label_studio.sync import push
from standfirst.annotate.page.tasks import task
from standfirst.corpus import content_id
url, token, project = sys.argv[1:]
made = [
    task({"unit_id": content_id("k", str(i)), "text": f"unit {i}"}, revision="r")
    for i in range(200)
]
print("go", flush=True)
with connect(Access(url, token)) as server:
    push(server, int(project), made, batch=10)
print("done", flush=True)
"""


def test_killed_push_goes_on(
    server: Server,
    label_studio: Any,
    new_project: Callable[..., int],
    codebook: Codebook,
    kill_often: Callable[..., str],
) -> None:
    """A push killed at random moments and started again ends in one task per unit."""
    project = new_project(codebook, "Killed")
    access = label_studio.access
    words = [sys.executable, "-c", KILLED, access.url, access.token, str(project)]
    ended = kill_often(words, 5, 1.0, 3)

    assert ended.endswith("done\n")
    ids = Counter(row["data"]["unit_id"] for row in tasks_of(server, project))
    assert (len(ids), ids.total()) == (200, 200)
