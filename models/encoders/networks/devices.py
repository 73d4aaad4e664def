"""Devices: what computes a network, and with which library.

=============  ================================================================================
``cpu``        onnxruntime on the processor; the default
``openvino``   OpenVINO on the processor, on the same graph
``cuda``       onnxruntime on an NVIDIA GPU, in float32 without the shorter TF32
``cuda-half``  the same in half precision, where vectors are seen to agree (`half`)
``auto``       ``cuda`` where it can be used, else ``cpu``
=============  ================================================================================

Vectors of two devices differ by rounding (`CLOSE`), so that a label changes where two answers are
equally probable. Hence none is taken that was not asked for, none stands in for another that is not
here, tags and models name theirs, and each has vectors of its own in the cache. A model asks its
golden sentences on the device that it is loaded for.

The choice lives in the environment, as that of threads does: it must reach every process of a run.
Networks in 8 bits are always computed on ``cpu``: their operators are onnxruntime's own, and only
the processor has them all.
"""

import contextlib
import io
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from ....errors import DeviceError, MissingExtraError, StandfirstError, UnknownNameError
from .graph import Graph, Session, Tensors, make_graph
from .half import halve

__all__ = [
    "BATCHES",
    "CLOSE",
    "DEVICES",
    "IN_HALF",
    "VARIABLE",
    "check_device",
    "device_here",
    "devices_here",
    "is_gpu",
    "resolve",
    "with_device",
]

VARIABLE = "STANDFIRST_DEVICE"
"""The variable of the environment that names the device."""

_SILENT, _USUAL = 4, 2

CLOSE = 1e-4
"""How far a value of a vector may lie from that of ``cpu``, but in half precision; vectors have
the length 1."""


def device_here() -> str:
    """Return the device that networks in full precision are computed on in this process.

    Raises
    ------
    UnknownNameError
        The environment names one that does not exist.
    """
    return resolve(os.environ.get(VARIABLE) or "cpu", f"device in {VARIABLE}:")


def resolve(name: str, what: str = "device") -> str:
    """Return the device that a name means here: itself, or what ``auto`` finds.

    Raises
    ------
    UnknownNameError
        There is no such device.

    Examples
    --------
    >>> resolve("openvino")
    'openvino'
    """
    if name not in (*DEVICES, "auto"):
        raise UnknownNameError(what, name, [*DEVICES, "auto"])
    if name == "auto":
        return "cuda" if "cuda" in devices_here() else "cpu"
    return name


@contextmanager
def with_device(name: str | None) -> Iterator[None]:
    """Compute on a device inside, in processes that are started there, too; None changes nothing.

    Raises
    ------
    UnknownNameError, MissingExtraError, DeviceError
        As `resolve` and `check_device`.
    """
    if name is None:
        yield
        return
    device = resolve(name)
    check_device(device)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = device
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def check_device(name: str) -> None:
    """Refuse a device that cannot be used here.

    Parameters
    ----------
    name
        One of `DEVICES`.

    Raises
    ------
    MissingExtraError
        Its library is not installed.
    DeviceError
        Its library finds no device.
    """
    if name == "openvino" and find_spec("openvino") is None:
        raise MissingExtraError("the device openvino", "openvino")
    if is_gpu(name):
        if find_spec("onnxruntime") is None or find_spec("onnx") is None:
            raise MissingExtraError(f"the device {name}", "gpu")
        _check_cuda(name)


def is_gpu(name: str) -> bool:
    """Return whether a device is a GPU.

    Examples
    --------
    >>> [name for name in DEVICES if is_gpu(name)]
    ['cuda', 'cuda-half']
    """
    return name.startswith("cuda")


def devices_here() -> list[str]:
    """Name the devices that can be used on this machine."""
    usable = []
    for name in DEVICES:
        with contextlib.suppress(StandfirstError):
            check_device(name)
            usable.append(name)
    return usable


@lru_cache(maxsize=2)
def _check_cuda(name: str) -> None:
    """Compute a product on the GPU; what onnxruntime lists is only what it was built for."""
    import onnxruntime
    from onnx import TensorProto, helper

    where = f"--device {name}"
    remedy = "look at nvidia-smi, install the extra 'gpu' for its libraries, or use --device cpu"
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        problem = "the onnxruntime that is installed knows the processor only"
        instead = "run: pip uninstall onnxruntime; then: pip install 'standfirst[gpu]'"
        raise DeviceError(where, problem, instead)
    given, made = (
        helper.make_tensor_value_info(value, TensorProto.FLOAT, [32, 32]) for value in ("x", "y")
    )
    eye = np.eye(32, dtype=np.float32)
    graph = make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], [given], [made], {"w": eye})
    # It would print ten lines on a library that it cannot load; ours says it in one.
    onnxruntime.set_default_logger_severity(_SILENT)
    try:
        is_right = np.array_equal(_on_cuda(graph, 1).run(None, {"x": eye})[0], eye)
    except Exception as error:  # the library raises nothing narrower
        reason = " ".join(str(error).split())[:160]
        raise DeviceError(where, f"the GPU cannot be used: {reason}", remedy) from error
    finally:
        onnxruntime.set_default_logger_severity(_USUAL)
    if not is_right:
        raise DeviceError(where, "the GPU computes a product wrongly", remedy)


def _on_cpu(graph: Graph, n_threads: int) -> Session:
    session: Session = graph.session(n_threads)
    return session


def _on_cuda(graph: Graph, n_threads: int) -> Session:
    import onnxruntime

    # The libraries of the extra lie in packages, where the system does not look; what it cannot
    # load it prints, and the session then says that it is not on the GPU.
    if hasattr(onnxruntime, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()):
            onnxruntime.preload_dlls()
    return _first_provider(graph, n_threads, "CUDAExecutionProvider", {"use_tf32": "0"})


def _on_cuda_in_half(graph: Graph, n_threads: int) -> Session:
    return _on_cuda(halve(graph), n_threads)


def _first_provider(
    graph: Graph, n_threads: int, provider: str, options: Mapping[str, str]
) -> Session:
    """Open a graph with a provider of onnxruntime, and not without it."""
    made = graph.session(n_threads, [(provider, dict(options))])
    if made.get_providers()[0] != provider:
        raise RuntimeError(f"onnxruntime could not load {provider}")
    made.disable_fallback()
    session: Session = made
    return session


class _ByOpenVino:
    """A graph in OpenVINO, on the processor.

    Parameters
    ----------
    graph
        One of `build_graph`, of less than 2 GB.
    n_threads
        Threads; 0 leaves it to the library.
    """

    def __init__(self, graph: Graph, n_threads: int) -> None:
        import openvino

        core = openvino.Core()
        settings = {
            "INFERENCE_NUM_THREADS": n_threads,
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            # Processes side by side would all be held to the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        compiled = core.compile_model(core.read_model(graph.whole()), "CPU", settings)
        self._request = compiled.create_infer_request()
        # A request holds one computation at a time, and raises if there are two.
        self._lock = threading.Lock()

    def run(self, names: Sequence[str] | None, inputs: Tensors) -> Sequence[npt.NDArray[Any]]:
        """Compute outputs; they are copied out of the memory that the next run writes to."""
        with self._lock:
            results = self._request.infer(dict(inputs))
            if names is not None:
                return [np.array(results[name]) for name in names]
            return [np.array(value) for value in results.values()]


DEVICES: dict[str, Callable[[Graph, int], Session]] = {
    "cpu": _on_cpu,
    "openvino": _ByOpenVino,
    "cuda": _on_cuda,
    "cuda-half": _on_cuda_in_half,
}
"""Name to what opens a graph there with a number of threads; 0 leaves it to the library."""

IN_HALF = {"cuda-half": "cuda"}
"""Device that computes in half precision, to the one that does the same in float32."""

BATCHES = {"cuda": 64, "cuda-half": 64}
"""Windows that are computed at once, where it is not the usual number: a GPU has room for more."""
