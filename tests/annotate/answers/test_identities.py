import json
from pathlib import Path
from typing import Any

import pytest

from standfirst.annotate.answers.from_label_studio import read_tasks
from standfirst.annotate.answers.identities import Identities, read_identities
from standfirst.annotate.answers.merge import Merged, merge_answers
from standfirst.annotate.other_tools.exchange import import_lines, import_tasks
from standfirst.annotate.page.tasks import result, task
from standfirst.errors import InputError
from standfirst.labels import load_codebook, read_annotations, ready_codebooks

BOOK = load_codebook(ready_codebooks()["transfer-deals"])
BY_ADDRESS = [{"id": 1, "email": "Ann@x.org"}, {"id": 2, "email": "bo@x.org"}]


def tasks(*people: Any, unit_id: str = "u1") -> list[dict[str, Any]]:
    """Make an export with one unit, answered by some people."""
    answers = [
        {
            "id": i,
            "completed_by": who,
            "created_at": "2026-03-01T09:00:00Z",
            "result": result({"stance": ["legal_check"]}),
        }
        for i, who in enumerate(people)
    ]
    return [task({"unit_id": unit_id, "text": "x"}, revision="r") | {"annotations": answers}]


def merged(path: Path, *people: Any, unit_id: str = "u1") -> Merged:
    """Bring such an export into an annotations file."""
    return merge_answers(path, read_tasks(tasks(*people, unit_id=unit_id), BOOK))


def coders(path: Path) -> set[str]:
    """Name whoever stands in an annotations file."""
    return {row.coder for row in read_annotations(path)}


@pytest.mark.parametrize("first", [BY_ADDRESS, [1, 2]])
def test_number_and_address_are_one_person(tmp_path: Path, first: list[Any]) -> None:
    """An export by number and one by address hold the same people, whichever comes first."""
    path = tmp_path / "annotations.jsonl"
    n_rows = merged(path, *first).n_annotations
    again = merged(path, *([1, 2] if first is BY_ADDRESS else BY_ADDRESS))

    assert (again.n_new, again.n_annotations) == (0, n_rows)
    assert coders(path) == {"ann@x.org", "bo@x.org"}
    assert again.notes == ("1 is ann@x.org", "2 is bo@x.org")


def test_number_of_two_servers_names_nobody(tmp_path: Path) -> None:
    """A number that came with two addresses is nobody's; what it answered alone stays its own."""
    path = tmp_path / "annotations.jsonl"
    merged(path, {"id": 1, "email": "ann@x.org"})
    merged(path, {"id": 1, "email": "cy@y.org"}, unit_id="u2")
    merged(path, 1, unit_id="u3")

    assert coders(path) == {"ann@x.org", "cy@y.org", "1"}


def test_coder_overrides_but_joins_nobody(tmp_path: Path) -> None:
    """A coder who is named stands above the file, which must then hold one person's answers."""
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks(7)), encoding="utf-8")

    assert {row.coder for row in import_tasks(path, BOOK, coder="ann").annotations} == {"ann"}
    path.write_text(json.dumps(tasks(7, 8)), encoding="utf-8")
    with pytest.raises(InputError, match="answers of 2 coders, and --coder would make them one"):
        import_tasks(path, BOOK, coder="ann")


def test_sessions_of_one_person(tmp_path: Path) -> None:
    """A name that comes with several datasets is one coder's, also in what came in before."""
    path, file = tmp_path / "annotations.jsonl", tmp_path / "out.jsonl"

    def bring(*sessions: str) -> Merged:
        lines = [
            {"unit_id": "u1", "dimension": "stance", "accept": ["legal_check"], "answer": "accept"}
            | {"_session_id": session, "_timestamp": 1704189600}
            for session in sessions
        ]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return merge_answers(path, import_lines(file, "prodigy", BOOK))

    bring("round1-ann")
    both = bring("round1-ann", "round2-ann", "round1-mary-ann", "round1-bo")

    assert coders(path) == {"ann", "round1-mary-ann", "round1-bo"}
    assert both.notes[0] == "sessions round1-ann, round2-ann are taken as one coder, ann"


def test_damaged_file_is_refused(tmp_path: Path) -> None:
    """A file that is no JSON, or in which names run in a circle, is reported by its path."""
    path = tmp_path / "coders.json"
    path.write_text('{"same": {"a": "b", "b": "a"}}', encoding="utf-8")
    with pytest.raises(InputError, match="stands for itself"):
        read_identities(path)
    path.write_text("[", encoding="utf-8")
    with pytest.raises(InputError, match=r"coders\.json"):
        read_identities(path)


def test_joined_twice_is_refused() -> None:
    """Two names that are one coder's already cannot be joined again, in either direction."""
    known = Identities()
    known.join("ann", "ann@x.org")

    with pytest.raises(InputError, match="one coder already"):
        known.join("ann@x.org", "ann")


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, None])
def test_odd_time_costs_no_answer(seconds: Any) -> None:
    """A time that is none is read as not known."""
    (made,) = tasks("ann@x.org")
    made["annotations"][0]["lead_time"] = seconds
    read = read_tasks([made], BOOK)

    assert (read.rejects, read.annotations[0].seconds) == ([], None)


def test_choices_that_are_no_list_are_set_aside() -> None:
    """A text where a list of choices belongs is no empty answer; it is set aside with a reason."""
    (made,) = tasks("ann@x.org")
    made["annotations"][0]["result"][0]["value"] = {"choices": "legal_check"}
    read = read_tasks([made], BOOK)

    assert "stance" not in {row.dimension for row in read.annotations}
    assert "stance: 'legal_check' is not a list of choices" in read.rejects[0].reason
