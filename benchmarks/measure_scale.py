"""How long shares by outlet take on a million tagged units, and how much memory.

Units with a stance (six labels) and frames (eight, several at a time) of 50 outlets, with 2,000
coded at random, by the command itself: a process of its own, whose processor time and peak memory
are counted. The bars are 10 s and 1 GB.

    python benchmarks/measure_scale.py [--units 1000000] [--smoke]
"""

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

N_GOLD = 2000
N_OUTLETS = 50
STANCE = ("support", "critique", "neutral", "legal", "warning", "opposition")
FRAMES = ("law", "security", "economy", "humanity", "politics", "order", "history", "other")


def column(p: NDArray[np.floating]) -> pa.Array:
    """Make a column of lists."""
    ends = np.arange(0, p.size + 1, p.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(p.astype(np.float32).ravel()))


def write(folder: Path, n_units: int) -> None:
    """Write tags and gold."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(len(STANCE), 0.3), n_units)
    truth = (p.cumsum(axis=1) > rng.random((n_units, 1))).argmax(axis=1)
    q = rng.beta(0.3, 1.2, (n_units, len(FRAMES)))
    framed = rng.random(q.shape) < q
    ids = np.char.add("u", np.arange(n_units).astype(str))
    outlet = rng.integers(0, N_OUTLETS, n_units)
    given = q > 0.5
    ends = np.concatenate([[0], given.sum(axis=1).cumsum()]).astype(np.int32)
    frames = pa.array(FRAMES).take(pa.array(np.nonzero(given)[1]))
    table = pa.table(
        {
            "unit_id": pa.array(ids),
            "outlet": pa.array([f"Outlet {k:02}" for k in range(N_OUTLETS)]).take(pa.array(outlet)),
            "stance": pa.array(STANCE).take(pa.array(p.argmax(axis=1))),
            "stance_prob": column(p),
            "stance_abstained": pa.array(np.zeros(n_units, bool)),
            "frames": pa.ListArray.from_arrays(pa.array(ends), frames),
            "frames_prob": column(q),
            "frames_abstained": pa.array(np.zeros(n_units, bool)),
        }
    )
    parquet.write_table(table, folder / "tags.parquet")
    with (folder / "gold.csv").open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["unit_id", "stance", "frames"])
        for i in rng.permutation(n_units)[:N_GOLD].tolist():
            frame = "|".join(FRAMES[k] for k in np.flatnonzero(framed[i]))
            rows.writerow([ids[i], STANCE[truth[i]], frame])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--smoke", action="store_true", help="twenty thousand units")
    options = parser.parse_args()
    n_units = 20_000 if options.smoke else options.units
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, n_units)
        words = ["measure", "shares", "tags.parquet", "--gold", "gold.csv", "--random"]
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "standfirst", *words, "--by", "outlet", "-o", "shares.csv"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        clock = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(
            f"{n_units:,} units, {N_GOLD:,} coded, {N_OUTLETS} outlets: {clock:.1f} s by the clock,"
            f" {used.ru_utime + used.ru_stime:.1f} s of processors, {used.ru_maxrss / 2**20:.2f} GB"
        )


if __name__ == "__main__":
    main()
