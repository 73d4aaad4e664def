"""Damaged, foreign and hostile bundles: each is refused in one line, or loads.

Half of the damage is blind (bits, cuts, bytes put in), as disks and copies do it. The other half
knows the format: values of the manifest are exchanged, arrays get other shapes and types, and all
hashes are made right again, as an attacker would. Pickles that write a file when they are loaded
stand in every place where one could be expected; the file must never appear.
"""

import contextlib
import hashlib
import json
import pickle
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from standfirst.errors import StandfirstError
from standfirst.models import Model, from_file, train
from standfirst.models.bundle.record import Manifest

STRANGE: list[Any] = [
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    "",
    "../../etc",
    "\x00",
    [],
    {},
    [[]],
    "a" * 9_999,
]
STRANGE += [
    {"a": {"b": []}},
    ["x"] * 50,
    float("1e-320"),
    "minilm",
    "tfidf",
    "single",
    "hashed+tfidf",
]


class Planted:
    """An object whose pickle writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "executed")


def make_models(folder: Path) -> list[Path]:
    """Train small models of different kinds, to damage them."""
    words = {"for": "The minister said it will work in {}.", "against": "A cruel scheme in {}."}
    path = folder / "rows.jsonl"
    rows = [
        {"text": words[label].format(n), "group": str(n), "tone": label, "frames": [label][: n % 2]}
        for n in range(30)
        for label in words
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = from_file(path, ["tone", "frames"])
    made = []
    for encoder in ("tfidf", "hashed"):
        train(data, encoder=encoder, n_folds=2).model.save(folder / encoder)
        made.append(folder / encoder)
    return made


def sign(folder: Path) -> None:
    """Make all hashes right again, if the manifest still is one."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    for name in told.get("files", {}):
        if (folder / name).is_file():
            told["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    with contextlib.suppress(ValueError):
        told = Manifest.model_validate(told).signed().model_dump(mode="json")
    path.write_text(json.dumps(told))


def blind(content: bytes, rng: random.Random) -> bytes:
    """Damage bytes as disks and copies do."""
    kind = rng.randrange(5)
    place = rng.randrange(max(1, len(content)))
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + rng.randbytes(rng.randrange(1, 40)) + content[place:]
    if kind == 2:
        return rng.randbytes(rng.randrange(400))
    if kind == 3:
        return content * 2
    changed = bytearray(content)
    for _ in range(rng.randrange(1, 9)):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def exchange(value: Any, rng: random.Random) -> Any:
    """Exchange, drop or double one value somewhere inside."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(sorted(value))
        changed = dict(value)
        if rng.random() < 0.1:
            del changed[key]
        elif rng.random() < 0.1:
            changed[key + rng.choice(["x", "\n", ""])] = rng.choice(STRANGE)
        else:
            changed[key] = exchange(value[key], rng)
        return changed
    if isinstance(value, list) and value and rng.random() < 0.85:
        place = rng.randrange(len(value))
        changed_list = list(value)
        changed_list[place] = exchange(value[place], rng)
        return changed_list if rng.random() < 0.8 else changed_list * 2
    return rng.choice(STRANGE)


def reshape(content: bytes, rng: random.Random) -> bytes:
    """Give one array another shape, type or content, or take it away."""
    arrays = load(content)
    name = rng.choice(sorted(arrays))
    array = arrays[name]
    kind = rng.randrange(6)
    if kind == 0:
        del arrays[name]
    elif kind == 1:
        arrays[name] = array.reshape(-1)[: rng.randrange(max(1, array.size))].copy()
    elif kind == 2:
        arrays[name] = np.full_like(
            array, np.nan if array.dtype.kind == "f" else np.iinfo(array.dtype).max
        )
    elif kind == 3:
        arrays[name] = array.astype(rng.choice(["uint8", "int64", "float64", "float16"]))
    elif kind == 4:
        arrays[name] = array[None].copy()
    else:
        arrays[name] = np.random.default_rng(rng.randrange(99)).permutation(array.reshape(-1))
    return save({key: np.ascontiguousarray(one) for key, one in arrays.items()})


def plant(folder: Path, trace: Path, rng: random.Random) -> None:
    """Set pickles where a careless loader would look for one."""
    raw = pickle.dumps(Planted(trace), protocol=rng.choice([0, 2, 4]))
    name = rng.choice(
        ["weights.safetensors", "metrics.json", "golden.json", "codebook.yaml", "manifest.json"]
    )
    if rng.random() < 0.5:
        (folder / name).write_bytes(raw)
    else:
        for extra in ("model.pkl", "weights.npz", "weights.npy", "weights.bin", "model.joblib"):
            (folder / extra).write_bytes(raw)
    if rng.random() < 0.5:
        call = "!!python/object/apply:pathlib.Path"
        told = f"{call}.write_text\n- {call} [{trace}]\n- x\n"
        (folder / "codebook.yaml").write_text(told)
    if (folder / "manifest.json").read_bytes()[:1] == b"{":
        sign(folder)


def damage(folder: Path, trace: Path, rng: random.Random) -> str:
    """Damage a bundle in one way, and name the way."""
    kind = rng.choice(
        ["blind", "blind", "manifest", "manifest", "weights", "other", "pickle", "gone"]
    )
    path = folder / rng.choice(sorted(one.name for one in folder.iterdir()))
    if kind == "blind":
        path.write_bytes(blind(path.read_bytes(), rng))
        if rng.random() < 0.5 and path.name != "manifest.json":
            sign(folder)
    elif kind == "manifest":
        path = folder / "manifest.json"
        told = json.loads(path.read_text())
        for _ in range(rng.randrange(1, 3)):
            told = exchange(told, rng)
        path.write_text(json.dumps(told))
        if isinstance(told, dict) and isinstance(told.get("files", {}), dict):
            sign(folder)
    elif kind == "weights":
        path = folder / "weights.safetensors"
        path.write_bytes(reshape(path.read_bytes(), rng))
        sign(folder)
    elif kind == "other":
        path = folder / rng.choice(["metrics.json", "golden.json"])
        path.write_text(json.dumps(exchange(json.loads(path.read_text()), rng)))
        sign(folder)
    elif kind == "pickle":
        plant(folder, trace, rng)
    else:
        path.unlink()
    return kind


def fuzz(n_cases: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Damage and load; give counts, and what went wrong."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        whole, trace = make_models(Path(name)), Path(name) / "executed"
        for case in range(n_cases):
            folder = Path(name) / "case"
            shutil.copytree(rng.choice(whole), folder)
            kind = damage(folder, trace, rng)
            try:
                Model.load(folder).predict(["Talks resume."])
                counts[f"{kind}: loaded"] += 1
            except StandfirstError as error:
                counts[f"{kind}: refused"] += 1
                if "\n" in str(error):
                    wrong.append(f"case {case} ({kind}): more than one line: {error}")
            except Exception as error:  # noqa: BLE001 - this is what is looked for
                wrong.append(f"case {case} ({kind}): {type(error).__name__}: {error}")
            if trace.exists():
                wrong.append(f"case {case} ({kind}): a planted pickle was executed")
                trace.unlink()
            shutil.rmtree(folder)
    return counts, wrong
