"""What a model says of its training, in Python and in its manifest."""

from standfirst.models.about import About


def test_round_trip() -> None:
    """What is written is read; what does not apply is not written."""
    student = About(n_rows=5, teacher={"encoder": "minilm", "data": "ab"}, n_pool=300)

    assert About.from_json(student.as_json()) == student
    assert "prototype" not in student.as_json()
    assert About(prototype=True).as_json()["prototype"] is True


def test_other_versions() -> None:
    """Facts of a later version are passed over; those that are missing are as they used to be."""
    about = About.from_json({"n_rows": 3, "mood": "good"})

    assert (about.n_rows, about.head, about.goal, about.grouped_by) == (
        3,
        "logistic",
        "macro-f1",
        "row",
    )
