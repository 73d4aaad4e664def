"""What other tasks teach, and that no set teaches a model which is trained on it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from standfirst.models.heads import other_tasks as module
from standfirst.models.heads.other_tasks import OtherTasks, n_in_sets, other_tasks, short_hashes
from standfirst.models.labelled.same_text import hash_texts

SHARED = Path(__file__).parents[3].parent / "shared" / "data"
ALL = ("babe", "narrative_frames", "newsmtsc", "newssd_eng")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Store three texts of a set."""
    texts = [f"Text {k}." for k in range(3)]
    stored = {
        "texts/ours": short_hashes(texts),
        "texts/other": short_hashes(["Something else."]),
        "minilm/directions": np.eye(3, 12, dtype=np.float32),
        "minilm/layers": np.array([4, 6], np.uint8),
        "minilm/sets": np.array(["ours", "other", "other"]),
    }
    monkeypatch.setattr(module, "_stored", lambda: stored)
    return texts


def test_a_set_does_not_teach_those_who_train_on_it(known: list[str]) -> None:
    """Two texts in common leave a set out, whatever their case; one may be chance."""
    assert other_tasks(known[:1]).sets == ("other", "ours")
    assert other_tasks([known[0].upper(), f" {known[1]}"]).sets == ("other",)


def test_some_stock_sentences_do_not_leave_a_set_out(known: list[str]) -> None:
    """In a large corpus, two sentences that stand in many papers are no sign of the set."""
    many = [f"Article {k}." for k in range(1_000)]

    assert other_tasks([*known[:2], *many]).sets == ("other", "ours")
    assert other_tasks([*known[:2], *many[:300]]).sets == ("other",)


def test_texts_of_a_set_are_counted(known: list[str]) -> None:
    """Whoever scores a model on what taught it is told so; one text may be chance."""
    assert n_in_sets(hash_texts([*known, known[0], "Nothing."]), ["ours", "other"]) == {"ours": 4}
    assert n_in_sets(hash_texts([known[0], "Nothing."]), ["ours"]) == {}
    assert n_in_sets(hash_texts(known), ["other", "of a later version"]) == {}


def test_only_the_direction_of_the_sets_that_teach(known: list[str]) -> None:
    """Directions are cut to the sets, and to the layers of the encoder in their order."""

    class Network:
        class weights:  # noqa: N801
            name = "minilm"

            class network:  # noqa: N801
                width = 6

        layers: tuple[int, ...] = (4, 6)

    encoder: Any = Network()
    assert known
    both = OtherTasks(("other", "ours")).in_states_of(encoder)
    one = OtherTasks(("ours",)).in_states_of(encoder)
    assert both is not None
    assert one is not None
    assert both.shape == (3, 12)
    assert one.tolist() == np.eye(1, 12).tolist()
    assert OtherTasks(()).in_states_of(encoder) is None
    encoder.layers = (6,)
    last = OtherTasks(("other", "ours")).in_states_of(encoder)
    assert last is not None
    assert last.shape == (3, 6)
    assert not last.any()
    encoder.layers = (3, 6)
    assert OtherTasks(ALL).in_states_of(encoder) is None


def test_what_is_stored_is_whole() -> None:
    """Each set has texts and directions, each direction a length."""
    stored = module._stored()

    assert {key for key in stored if key.startswith("texts/")} == {f"texts/{n}" for n in ALL}
    assert set(stored["minilm/sets"].tolist()) == set(ALL)
    assert stored["minilm/directions"].shape == (len(stored["minilm/sets"]), 768)
    assert (np.abs(stored["minilm/directions"]).max(axis=1) > 0).all()


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here")
@pytest.mark.parametrize("name", ALL)
def test_the_public_sets_are_known(name: str) -> None:
    """25 rows of a set are enough to leave it out, and nothing else is left out by them."""
    lines = (SHARED / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")[:400:16]
    texts = [json.loads(line)["text"] for line in lines if line]

    assert other_tasks(texts).sets == tuple(one for one in ALL if one != name)
