import json
from pathlib import Path

import pytest

from standfirst.models import Report, TrainingSet, from_file, train

_WORDS = {
    "government": "The minister said the plan will work and save lives in region {}.",
    "critique": "Campaigners called the scheme cruel and unlawful near town {}.",
    "neutral": "The vote is due on day {} of the month.",
}


def write_rows(path: Path, n_articles: int = 30) -> Path:
    """Write a labelled file: three sentences an article, one of each stance."""
    with path.open("w") as out:
        for article in range(n_articles):
            for place, (label, words) in enumerate(_WORDS.items()):
                frames = ["law"] if label == "critique" else []
                frames += ["safety"] if (article + place) % 2 and label == "government" else []
                row = {"text": words.format(article), "article_id": f"a{article}"}
                row["text"] += " Safety comes first." if "safety" in frames else ""
                out.write(json.dumps({**row, "stance": label, "frames": frames}) + "\n")
    return path


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a labelled file that is easy to learn."""
    return write_rows(tmp_path_factory.mktemp("labelled") / "rows.jsonl")


@pytest.fixture(scope="session")
def data(labelled: Path) -> TrainingSet:
    """Give the training set of that file."""
    return from_file(labelled, ["stance", "frames"])


@pytest.fixture(scope="session")
def report(data: TrainingSet) -> Report:
    """Give a model trained on it, and what training found out."""
    return train(data, encoder="tfidf", n_folds=3)


@pytest.fixture(scope="session")
def saved_model(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of that model."""
    folder = tmp_path_factory.mktemp("models") / "m"
    report.model.save(folder)
    return folder
