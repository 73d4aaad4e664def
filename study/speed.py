"""How fast each encoder is on this machine, so that the choice between them rests on a figure.

Which path is fastest depends on the processor: products in 8 bits gain twofold where it has
instructions for them, and may lose where it has none. So each encoder that is ready here turns the
same sentences of the bundled articles into vectors, a network on each device that is here.
"""

import json
import time
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from .machine import Finding

__all__ = ["bench", "compared", "fastest"]

_NETWORK, _WORDS = 48, 500
_ROUNDS = 2
_CLEARLY = 1.1
"""How many times as fast as usual a device must be to be named: two rounds tell no less apart."""


def bench() -> Iterator[Finding]:
    """Measure the encoders that are ready here, each in sentences a second.

    The better of two rounds counts, so that what else the machine does disturbs little.
    """
    from ..models.encoders.networks.devices import devices_here, with_device
    from ..models.encoders.networks.transformer import is_ready
    from ..models.encoders.registry import ENCODERS, base_of, make_encoder

    texts = _sentences()
    rates: dict[str, float] = {}
    for name in ENCODERS:
        base = base_of(name)
        if base is not None and not is_ready(base):
            continue
        by_device: dict[str, float] = {}
        for device in devices_here() if base == name else ["cpu"]:
            with with_device(device):
                encoder, _ = make_encoder(name).begin(texts[:_NETWORK])
                fitted = encoder.fit(encoder.prepare(texts[:_NETWORK]))
                by_device[device] = _rate(fitted, texts[: _NETWORK if base else _WORDS])
        rates[name] = by_device["cpu"]
        yield compared(name, rates)
        if len(by_device) > 1:
            yield fastest(name, by_device)


def compared(name: str, rates: dict[str, float]) -> Finding:
    """Say how fast an encoder is, and, of one in 8 bits, beside the one in full precision.

    Examples
    --------
    >>> print(compared("minilm-int8", {"minilm": 100.0, "minilm-int8": 80.0}))
    hint     minilm-int8      80 sentences a second, 0.8 times as many as minilm; take minilm here
    """
    detail = f"{rates[name]:,.0f} sentences a second"
    full = name.removesuffix("-int8")
    if full == name or full not in rates:
        return Finding(name, "ok", detail)
    times = rates[name] / rates[full]
    detail = f"{detail}, {times:.1f} times as many as {full}"
    if times < 1:
        return Finding(name, "hint", detail, f"take {full} here")
    return Finding(name, "ok", detail)


def fastest(name: str, rates: dict[str, float]) -> Finding:
    """Say how fast a network is on each device, and which one to take here.

    Examples
    --------
    >>> print(fastest("mpnet", {"cpu": 20.0, "openvino": 24.0}))
    hint     mpnet devices    cpu 20, openvino 24 sentences a second; fastest: --device openvino
    >>> print(fastest("mpnet", {"cpu": 20.0, "openvino": 21.0}))
    ok       mpnet devices    cpu 20, openvino 21 sentences a second; fastest, or nearly so: cpu
    """
    detail = ", ".join(f"{device} {rate:,.0f}" for device, rate in rates.items())
    best = max(rates, key=lambda device: rates[device])
    if rates[best] < _CLEARLY * rates["cpu"]:
        text = f"{detail} sentences a second; fastest, or nearly so: cpu"
        return Finding(f"{name} devices", "ok", text)
    remedy = f"fastest: --device {best}"
    return Finding(f"{name} devices", "hint", f"{detail} sentences a second", remedy)


def _rate(encoder: Any, texts: Sequence[str]) -> float:
    encoder.encode(texts[:8])
    seconds = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        encoder.encode(texts)
        seconds.append(time.perf_counter() - begun)
    return len(texts) / min(seconds)


def _sentences() -> list[str]:
    """Return different sentences of the bundled articles, from all over them."""
    from ..corpus import sentences

    lines = files("standfirst.corpus.demo").joinpath("articles.jsonl").read_text("utf-8")
    whole = [text for line in lines.splitlines() for text in sentences(json.loads(line)["text"])]
    different = list(dict.fromkeys(whole))
    # Neighbours are of one article: every nth comes first.
    step = max(1, len(different) // _NETWORK)
    return [text for first in range(step) for text in different[first::step]]
