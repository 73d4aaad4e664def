"""How each classifier of `peers.py` is fitted; runs inside the environment that has its library.

Reads cells (task, size, seed) as JSON from standard input and appends one row a cell to a file, as
soon as it is done: the answers on the test side, and the CPU seconds of fitting and of answering.
Every library is used as its manual shows, with balanced class weights wherever it knows them, since
macro-F1 is what is compared; only what is said in `SETTINGS` is set. Nothing here needs Standfirst
but its own row.

    python benchmarks/peer_fits.py draws.json results.jsonl METHOD < cells.json
"""

import contextlib
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

# One core for everybody, before any library counts them.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.update({"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"})

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one task."""

    texts: list[str]
    """The units."""
    truth: Bools
    """Which labels each has, shape (n_rows, n_labels)."""
    multiple: bool
    """Whether a row can have any number of labels."""
    groups: list[int]
    """Number of each row's article."""
    context: dict[str, list[Any]]
    """What stands beside the text, for classifiers that can read it."""

    @property
    def single(self) -> npt.NDArray[np.int64]:
        """The one label of each row."""
        return np.asarray(self.truth.argmax(axis=1), np.int64)


Predict = Callable[[Part], Any]
"""Takes rows; gives one label a row, or for multiple choice a row of booleans."""


class Method:
    """One way to learn a classifier."""

    packages: tuple[str, ...] = ()
    """Whose versions are told."""

    def begin(self, part: Part) -> float:
        """See all rows of a task, without labels, once; give the CPU seconds that one text took."""
        del part
        return 0.0

    def fit(self, part: Part, seed: int) -> Predict:
        """Learn from rows."""
        raise NotImplementedError


def head(vectors: Any, part: Part, seed: int) -> Any:
    """Fit scikit-learn's logistic regression, its penalty by three folds."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
    from sklearn.multiclass import OneVsRestClassifier

    model = LogisticRegression(class_weight="balanced", max_iter=2_000)
    kind, mark, target = StratifiedKFold, "", part.single
    if part.multiple:
        model, kind, mark = OneVsRestClassifier(model), KFold, "estimator__"
        target = part.truth.astype(int)
    grid = {f"{mark}C": [1.0, 10.0, 100.0]}
    folds = kind(3, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GridSearchCV(model, grid, scoring="f1_macro", cv=folds).fit(vectors, target)


class Tfidf(Method):
    """scikit-learn: TF-IDF of words and characters, logistic regression."""

    packages = ("scikit-learn",)

    def fit(self, part: Part, seed: int) -> Predict:
        """Count, then fit the head."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        union = make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(ngram_range=(3, 5), analyzer="char_wb", sublinear_tf=True),
        )
        model = head(union.fit_transform(part.texts), part, seed)
        return lambda asked: model.predict(union.transform(asked.texts))


class Probe(Method):
    """sentence-transformers: its vectors, frozen, and a logistic regression."""

    packages = ("sentence-transformers", "torch", "scikit-learn")

    def __init__(self, weights: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self.encoder = SentenceTransformer(str(weights), device="cpu")
        self.known: dict[str, Any] = {}
        self.kept = Path(os.environ["PEERS_WORK"]) / "probe"

    def begin(self, part: Part) -> float:
        """Encode every text once for all cells; what that took is counted for each."""
        path = self.kept / f"{len(part.texts)}-{part.truth.shape[1]}.npz"
        texts = list(dict.fromkeys(part.texts))
        if path.is_file():
            stored = np.load(path)
            vectors, seconds = stored["vectors"], float(stored["seconds"])
        else:
            start = time.process_time()
            vectors = self.encoder.encode(texts, batch_size=16, normalize_embeddings=True)
            seconds = (time.process_time() - start) / len(texts)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, vectors=vectors, seconds=seconds)
        self.known.update(zip(texts, vectors, strict=True))
        return seconds

    def fit(self, part: Part, seed: int) -> Predict:
        """Fit the head."""
        model = head(self._look_up(part), part, seed)
        return lambda asked: model.predict(self._look_up(asked))

    def _look_up(self, part: Part) -> Any:
        return np.stack([self.known[text] for text in part.texts])


class FastText(Method):
    """fastText supervised, words 1-2 and characters 3-5."""

    packages = ("fasttext-community",)

    def fit(self, part: Part, seed: int) -> Predict:
        """Learn from a file, as it wants."""
        import fasttext

        flat = [" ".join(text.lower().split()) for text in part.texts]
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            for text, row in zip(flat, part.truth, strict=True):
                marks = " ".join(f"__label__{k}" for k in np.flatnonzero(row))
                if marks:
                    file.write(f"{marks} {text}\n")
            file.flush()
            # The same number of steps for few rows as for a thousand: it begins from nothing.
            n_epochs = max(25, min(500, 50_000 // len(flat)))
            model = fasttext.train_supervised(
                file.name, lr=0.5, epoch=n_epochs, wordNgrams=2, minn=3, maxn=5, dim=50,
                bucket=200_000, thread=1, seed=seed, verbose=0,
                loss="ova" if part.multiple else "softmax",
            )  # fmt: skip

        def predict(asked: Part) -> Any:
            texts = [" ".join(text.lower().split()) for text in asked.texts]
            n_labels = asked.truth.shape[1]
            found = model.predict(texts, k=n_labels if part.multiple else 1)
            answer = np.zeros((len(texts), n_labels), bool)
            for row, (labels, chances) in enumerate(zip(*found, strict=True)):
                for label, chance in zip(labels, chances, strict=True):
                    answer[row, int(label[9:])] = chance >= 0.5 or not part.multiple
            return answer if part.multiple else answer.argmax(axis=1)

        return predict


class Spacy(Method):
    """spaCy's text categorizer, by the number of epochs that the size deserves."""

    packages = ("spacy",)

    def __init__(self, *, ensemble: bool) -> None:
        self.ensemble = ensemble

    def fit(self, part: Part, seed: int) -> Predict:
        """Train a blank English pipeline with one component."""
        import spacy
        from spacy.pipeline.textcat import single_label_bow_config
        from spacy.pipeline.textcat_multilabel import multi_label_bow_config
        from spacy.training import Example
        from spacy.util import compounding, fix_random_seed, minibatch
        from thinc.api import Config

        fix_random_seed(seed)
        nlp = spacy.blank("en")
        bow = multi_label_bow_config if part.multiple else single_label_bow_config
        config = {} if self.ensemble else dict(Config().from_str(bow))
        component = nlp.add_pipe(
            "textcat_multilabel" if part.multiple else "textcat", config=config
        )
        names = [str(k) for k in range(part.truth.shape[1])]
        examples = [
            Example.from_dict(
                nlp.make_doc(text), {"cats": dict(zip(names, map(float, row), strict=True))}
            )
            for text, row in zip(part.texts, part.truth, strict=True)
        ]
        optimizer = nlp.initialize(lambda: examples)
        order = random.Random(seed)
        n_epochs = 20 if len(examples) <= 200 else 10 if len(examples) <= 1_000 else 5
        for _ in range(n_epochs):
            order.shuffle(examples)
            for batch in minibatch(examples, compounding(4.0, 32.0, 1.001)):
                nlp.update(batch, sgd=optimizer, drop=0.2)

        def predict(asked: Part) -> Any:
            docs = [component(nlp.make_doc(text)) for text in asked.texts]
            chances = np.array([[doc.cats[name] for name in names] for doc in docs])
            return chances >= 0.5 if part.multiple else chances.argmax(axis=1)

        return predict


class SetFit(Method):
    """SetFit: contrastive pairs, then a logistic regression."""

    packages = ("setfit", "sentence-transformers", "torch")

    def __init__(self, weights: Path) -> None:
        self.weights = str(weights)

    def fit(self, part: Part, seed: int) -> Predict:
        """Train on pairs for at most as many steps as `SETTINGS` says."""
        from datasets import Dataset
        from setfit import SetFitModel, Trainer, TrainingArguments

        model = SetFitModel.from_pretrained(
            self.weights,
            multi_target_strategy="one-vs-rest" if part.multiple else None,
            head_params={"class_weight": "balanced"},
            device="cpu",
        )
        labels = part.truth.astype(int) if part.multiple else part.single
        rows = Dataset.from_dict({"text": part.texts, "label": labels.tolist()})
        with tempfile.TemporaryDirectory() as folder:
            arguments = TrainingArguments(
                output_dir=folder, batch_size=16, num_epochs=1, seed=seed, report_to="none",
                max_steps=60 if len(part.texts) <= 50 else 120, save_strategy="no",
                show_progress_bar=False, max_length=256,
            )  # fmt: skip
            Trainer(model=model, args=arguments, train_dataset=rows).train()
        return lambda asked: np.asarray(model.predict(asked.texts, batch_size=16, use_labels=False))


class SmallText(Method):
    """small-text: its transformer classifier, which fine-tunes the whole network."""

    packages = ("small-text", "transformers", "torch")

    def __init__(self, weights: Path) -> None:
        from transformers import AutoTokenizer

        self.weights = str(weights)
        self.tokenizer = AutoTokenizer.from_pretrained(self.weights)

    def fit(self, part: Part, seed: int) -> Predict:
        """Fine-tune, with its own early stopping on a tenth of the rows."""
        import torch
        from small_text import (
            TransformerBasedClassification,
            TransformerModelArguments,
        )

        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the library draws from it
        n_rows, n_labels = part.truth.shape
        model = TransformerBasedClassification(
            TransformerModelArguments(self.weights, self.weights, self.weights),
            n_labels,
            multi_label=part.multiple,
            num_epochs=20 if n_rows <= 50 else 10 if n_rows <= 200 else 5 if n_rows <= 1_000 else 2,
            lr=1e-4,
            mini_batch_size=16,
            class_weight="balanced",
            device="cpu",
        )
        model.fit(self._rows(part))
        return lambda asked: self._answers(model.predict(self._rows(asked)))

    def _rows(self, part: Part) -> Any:
        from scipy.sparse import csr_matrix
        from small_text import TransformersDataset

        labels: Any = csr_matrix(part.truth.astype(int)) if part.multiple else part.single
        names = np.arange(part.truth.shape[1])
        # All are padded to one length: that of all but the longest few.
        lengths = [len(ids) for ids in self.tokenizer(part.texts)["input_ids"]]
        longest = min(256, int(np.quantile(lengths, 0.98)))
        return TransformersDataset.from_arrays(
            part.texts, labels, self.tokenizer, target_labels=names, max_length=longest
        )

    @staticmethod
    def _answers(found: Any) -> Any:
        return np.asarray(found.todense(), bool) if hasattr(found, "todense") else found


class Model2Vec(Method):
    """model2vec: static vectors distilled from the same network, fine-tuned with a head."""

    packages = ("model2vec", "torch")

    def __init__(self, weights: Path) -> None:
        from model2vec import StaticModel
        from model2vec.distill import distill

        path = Path(os.environ["PEERS_WORK"]) / "model2vec"
        if not path.is_dir():
            distill(str(weights), pca_dims=256).save_pretrained(path)
        self.static = StaticModel.from_pretrained(path)

    def fit(self, part: Part, seed: int) -> Predict:
        """Train with its own early stopping on a tenth of the rows."""
        from model2vec.train import StaticModelForClassification

        model = StaticModelForClassification.from_static_model(model=self.static)
        rows = [[str(k) for k in np.flatnonzero(row)] for row in part.truth]
        labels = rows if part.multiple else [row[0] for row in rows]
        model.fit(part.texts, labels, device="cpu", class_weight="balanced", random_seed=seed)

        def predict(asked: Part) -> Any:
            found = model.predict(asked.texts)
            if not part.multiple:
                return found.astype(int)
            answer = np.zeros(asked.truth.shape, bool)
            for row, names in enumerate(found):
                answer[row, [int(name) for name in names]] = True
            return answer

        return predict


@contextlib.contextmanager
def _cached() -> Iterator[None]:
    """Let tagging read the cache that training reads: a test side is asked at every size."""
    from standfirst.models.encoders.networks.transformer import Transformer

    plain, marked = Transformer.prepare, Transformer.prepare_marked

    def undo() -> None:
        Transformer.prepare, Transformer.prepare_marked = plain, marked  # type: ignore[method-assign]

    def redo() -> None:
        Transformer.prepare, Transformer.prepare_marked = from_cache, marked_from_cache  # type: ignore[method-assign]

    def from_cache(self: Any, texts: Sequence[str]) -> Any:
        undo()
        try:
            return self.begin(texts)[1]
        finally:
            redo()

    def marked_from_cache(self: Any, texts: Sequence[str], spans: Sequence[Any]) -> Any:
        undo()
        try:
            return self.begin_marked(texts, spans)[1]
        finally:
            redo()

    redo()
    try:
        yield
    finally:
        undo()


class Standfirst(Method):
    """Standfirst as `train` chooses by itself, scores by nested folds included."""

    packages = ("standfirst", "onnxruntime", "scikit-learn")

    def __init__(self, *, context: bool) -> None:
        self.context = context

    def begin(self, part: Part) -> float:
        """Give what a text takes that is not in the cache of vectors, which all cells share."""
        from standfirst.models.encoders.registry import make_encoder

        encoder = make_encoder("minilm")
        some = part.texts[:: max(1, len(part.texts) // 256)]
        encoder.prepare(some[:2])
        start = time.process_time()
        encoder.prepare(some)
        return (time.process_time() - start) / len(some)

    def fit(self, part: Part, seed: int) -> Predict:
        """Train."""
        from standfirst.labels import infer_codebook
        from standfirst.models import TrainingSet, train

        names = [f"l{k}" for k in range(part.truth.shape[1])]
        answers = tuple(tuple(names[k] for k in np.flatnonzero(row)) for row in part.truth)
        book = infer_codebook({"label": answers}, ["label"] if part.multiple else [])
        context = {name: tuple(told) for name, told in part.context.items()} if self.context else {}
        data = TrainingSet(
            "peers", book, tuple(part.texts), {"label": answers}, np.array(part.groups),
            "article", context,
        )  # fmt: skip
        model = train(data, seed=seed).model
        places = [names.index(one) for one in book.dimension("label").label_ids]

        def predict(asked: Part) -> Any:
            context = asked.context if self.context else None
            with _cached():
                found = model.predict(asked.texts, context)["label"].chosen
            answer = np.zeros(asked.truth.shape, bool)
            answer[:, places] = found
            return answer if part.multiple else answer.argmax(axis=1)

        return predict


METHODS: dict[str, Callable[[Path], Method]] = {
    "standfirst": lambda _: Standfirst(context=True),
    "standfirst-text": lambda _: Standfirst(context=False),
    "tfidf": lambda _: Tfidf(),
    "probe": Probe,
    "fasttext": lambda _: FastText(),
    "spacy-bow": lambda _: Spacy(ensemble=False),
    "spacy-ensemble": lambda _: Spacy(ensemble=True),
    "setfit": SetFit,
    "small-text": SmallText,
    "model2vec": Model2Vec,
}
"""Name to what makes it of the folder of the network."""


def take(task: dict[str, Any], rows: Sequence[int]) -> Part:
    """Take rows of a task."""
    names = {name: k for k, name in enumerate(task["names"])}
    truth = np.zeros((len(rows), len(names)), bool)
    for place, row in enumerate(rows):
        truth[place, [names[label] for label in task["labels"][row]]] = True
    texts = [task["texts"][row] for row in rows]
    context: dict[str, list[Any]] = {}
    if task["targets"]:
        spans = [tuple(task["targets"][row]) for row in rows]
        context["target_span"] = spans
        context["target"] = [t[a:b] for t, (a, b) in zip(texts, spans, strict=True)]
    for name in ("before", "after"):
        context[name] = [task[name][row] for row in rows]
        if not any(task[name]):
            del context[name]
    return Part(texts, truth, bool(task["multiple"]), [task["groups"][r] for r in rows], context)


def main() -> None:
    """Fit and answer every cell."""
    if len(sys.argv) < 4:
        print("skipped: peers.py runs this in the environments of the peers")
        return
    draws, results, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    tasks, cells = json.loads(draws.read_text()), json.load(sys.stdin)
    with contextlib.suppress(ImportError):
        import torch

        torch.set_num_threads(1)
    method = METHODS[name](Path(os.environ["PEERS_WEIGHTS"]))
    versions = {package: version(package) for package in method.packages}
    seconds: dict[str, float] = {}
    for cell in cells:
        if time.time() > float(os.environ.get("PEERS_UNTIL", "inf")):
            break
        task = tasks[cell["task"]]
        split = task["splits"][cell["seed"]]
        if cell["task"] not in seconds:
            seconds[cell["task"]] = method.begin(take(task, range(len(task["texts"]))))
        learned, asked = take(task, split["draws"][cell["size"]]), take(task, split["test"])
        start, wall = time.process_time(), time.perf_counter()
        predict = method.fit(learned, cell["seed"])
        fitted = time.process_time()
        found = np.asarray(predict(asked))
        if not asked.multiple:
            found = np.eye(asked.truth.shape[1], dtype=bool)[found.astype(int)]
        row = {
            "method": name,
            **cell,
            "fit": fitted - start + seconds[cell["task"]] * len(learned.texts),
            "answer": time.process_time() - fitted + seconds[cell["task"]] * len(asked.texts),
            "wall": time.perf_counter() - wall,
            "versions": versions,
            "answers": (found.astype(bool) @ (1 << np.arange(found.shape[1]))).tolist(),
        }
        with results.open("a") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
