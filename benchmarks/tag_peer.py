"""One peer of tag.py, in an environment of its own: ``python tag_peer.py JOB.json``.

The job holds rows to learn from and texts to tag; printed are the seconds of CPU that tagging took
and, where the network is ours, the pooled states that our own head can be asked about.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}

Tag = Callable[[list[str]], Any]


def tfidf(texts: list[str], labels: list[str], _: Path) -> Tag:
    """scikit-learn's words and pairs with logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
    tag: Tag = model.fit(texts, labels).predict
    return tag


def datasets_map(texts: list[str], labels: list[str], folder: Path) -> Tag:
    """Run the same pipeline inside `datasets.map`, in batches of 1,000."""
    from datasets import Dataset, disable_caching, disable_progress_bars

    disable_caching()
    disable_progress_bars()
    predict = tfidf(texts, labels, folder)

    def tag(some: list[str]) -> Any:
        rows = Dataset.from_dict({"text": some})
        return rows.map(lambda part: {"label": predict(part["text"])}, batched=True)["label"]

    return tag


def fasttext(texts: list[str], labels: list[str], _: Path) -> Tag:
    """fastText, words and pairs."""
    import fasttext

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as out:
        out.writelines(
            f"__label__{label} {' '.join(text.split())}\n"
            for text, label in zip(texts, labels, strict=True)
        )
        out.flush()
        model = fasttext.train_supervised(out.name, wordNgrams=2, epoch=25, thread=1, verbose=0)
    return lambda some: model.predict([" ".join(text.split()) for text in some])


def spacy_bow(texts: list[str], labels: list[str], _: Path) -> Tag:
    """Use textcat_bow of spaCy with nlp.pipe."""
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("en")
    model = {"@architectures": "spacy.TextCatBOW.v3", "ngram_size": 2, "no_output_layer": False}
    nlp.add_pipe("textcat", config={"model": {**model, "exclusive_classes": True}})
    names = sorted(set(labels))
    examples = [
        Example.from_dict(nlp.make_doc(text), {"cats": {n: float(n == label) for n in names}})
        for text, label in zip(texts, labels, strict=True)
    ]
    optimizer = nlp.initialize(lambda: examples)
    for start in range(0, len(examples), 32):
        nlp.update(examples[start : start + 32], sgd=optimizer)
    return lambda some: [max(d.cats, key=d.cats.__getitem__) for d in nlp.pipe(some)]


def model2vec(texts: list[str], labels: list[str], folder: Path) -> Tag:
    """model2vec's encode on vectors distilled from MiniLM, with logistic regression."""
    from model2vec import StaticModel
    from model2vec.distill import distill
    from sklearn.linear_model import LogisticRegression

    kept = Path(tempfile.gettempdir()) / "standfirst-peers-model2vec"
    if not (kept / "model.safetensors").is_file():
        distill(str(bert(folder)), device="cpu").save_pretrained(str(kept))
    model = StaticModel.from_pretrained(str(kept))
    head = LogisticRegression(max_iter=1000).fit(model.encode(texts), labels)
    return lambda some: head.predict(model.encode(some, use_multiprocessing=False))


def sentence_transformers(texts: list[str], labels: list[str], folder: Path) -> Tag:
    """sentence-transformers on torch with the same MiniLM, with logistic regression."""
    import torch
    from sentence_transformers import SentenceTransformer, models
    from sklearn.linear_model import LogisticRegression

    torch.set_num_threads(1)
    body = models.Transformer(str(bert(folder)), max_seq_length=256)
    pool = models.Pooling(body.get_word_embedding_dimension())
    model = SentenceTransformer(modules=[body, pool, models.Normalize()], device="cpu")
    some = slice(0, 200)
    head = LogisticRegression(max_iter=1000).fit(model.encode(texts[some]), labels[some])
    return lambda more: head.predict(model.encode(more, show_progress_bar=False))


def states(texts: list[str], folder: Path) -> Any:
    """Pool layers 4 and 6 of the same MiniLM by torch, for the labels of our own head."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = (
        AutoTokenizer.from_pretrained(bert(folder)),
        AutoModel.from_pretrained(bert(folder)),
    )
    rows = []
    for text in texts:
        told = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
        with torch.no_grad():
            found = model(**told, output_hidden_states=True).hidden_states
        pooled = [torch.nn.functional.normalize(found[k][0].mean(0), dim=0) for k in (4, 6)]
        rows.append(torch.cat(pooled).tolist())
    return rows


def bert(weights: Path) -> Path:
    """Set beside the weights what the libraries want of a model's folder."""
    folder = Path(tempfile.mkdtemp(prefix="standfirst-minilm-"))
    for name in ("model.safetensors", "tokenizer.json"):
        (folder / name).symlink_to(weights / name)
    shape = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12}
    config = {"architectures": ["BertModel"], "model_type": "bert", "vocab_size": 30522, **shape}
    config |= {"intermediate_size": 1536, "max_position_embeddings": 512, "hidden_act": "gelu"}
    (folder / "config.json").write_text(json.dumps(config))
    marks = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    told = {"tokenizer_class": "BertTokenizer", "model_max_length": 256, **marks}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


PEERS: dict[str, tuple[str, Any, int]] = {
    "TfidfVectorizer(1-2) + LR": ("fasttext", tfidf, 40_000),
    "fastText predict": ("fasttext", fasttext, 60_000),
    "spaCy textcat_bow, nlp.pipe": ("spacy", spacy_bow, 4_000),
    "model2vec encode + LR": ("torch", model2vec, 20_000),
    "datasets.map(TF-IDF + LR)": ("torch", datasets_map, 20_000),
    "sentence-transformers on torch + LR": ("torch", sentence_transformers, 400),
}
"""Name to environment, what learns, and how many texts are tagged."""


if __name__ == "__main__":
    job = json.loads(Path(sys.argv[1]).read_text())
    weights = Path(job["weights"])
    tag = PEERS[job["peer"]][1](job["texts"], job["labels"], weights)
    tag(job["units"][:200])
    seconds = []
    for _ in range(2):
        begun = time.process_time()
        tag(job["units"])
        seconds.append(time.process_time() - begun)
    # Not getrusage, which begins with the peak of the process that started this one.
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    told = {"cpu": min(seconds), "peak": peak}
    if job["peer"].startswith("sentence-transformers"):
        told["states"] = states(job["units"], weights)
    print("RESULT " + json.dumps(told))
