import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from standfirst.annotate.design.sampling import Drawn
from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.local_server import free_port
from standfirst.annotate.label_studio.sync import pull, push
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result, task
from standfirst.annotate.suggestions.registration import TITLE, register
from standfirst.annotate.suggestions.service import Service
from standfirst.annotate.suggestions.suggestion import Suggestion
from standfirst.errors import InputError, ServerError
from standfirst.labels import Codebook

uvicorn = pytest.importorskip("uvicorn")
SECRET = "0f" * 20


class Fixed:
    """Suggests the same for every unit, and remembers what it was asked."""

    def __init__(self, version: str = "fixed@1", label: str = "legal_check") -> None:
        self.version, self.label = version, label
        self.asked: list[Mapping[str, Any]] = []

    def suggest(self, units: Sequence[Mapping[str, Any]]) -> list[Suggestion]:
        """Answer one question."""
        self.asked += units
        return [Suggestion({"stance": (self.label,)}, {"stance": 0.75}) for _ in units]


def drawn(unit_id: str, part: Any = "coding", n_coders: int = 1) -> Drawn:
    """Make a row of a design."""
    return Drawn(unit_id, "a1", part, "1", "random", "", 0.5, 9, 0, n_coders=n_coders)


DESIGN = [drawn("u0"), drawn("u1"), drawn("u2"), drawn("test", "test"), drawn("twice", n_coders=2)]


@contextmanager
def serving(service: Service, secret: str = "") -> Iterator[str]:
    """Serve, as the command does, and give the address."""
    from standfirst.annotate.suggestions.http import make_app

    port = free_port()
    config = uvicorn.Config(
        make_app(service, secret=secret), host="127.0.0.1", port=port, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}" + (f"/{secret}" if secret else "")
    server.should_exit = True
    thread.join()


def asked(*unit_ids: str, **more: Any) -> dict[str, Any]:
    """Make what Label Studio sends to /predict, people's answers included."""
    answers = [{"result": result({"stance": ["rights_critique"]}), "completed_by": 3}]
    tasks = [
        {"id": i, "data": {"unit_id": u, "text": "The court sat."}, "annotations": answers} | more
        for i, u in enumerate(unit_ids)
    ]
    return {"tasks": tasks, "project": "27.1795415706", "label_config": "<View/>", "params": {}}


def wait_for(what: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_blind_units_get_nothing(codebook: Codebook) -> None:
    """Test units, units for two coders and units never drawn get none; answers are not passed."""
    model = Fixed()
    with serving(Service(codebook, lambda: DESIGN, model)) as url:
        got = httpx.post(f"{url}/predict", json=asked("u0", "test", "twice", "other", "u1")).json()

    assert [len(one) for one in got["results"]] == [1, 0, 0, 0, 1]
    assert got["results"][0][0]["model_version"] == "fixed@1"
    assert got["results"][0][0]["score"] == 0.75
    assert got["results"][0][0]["result"][0]["value"] == {"choices": ["legal_check"]}
    assert model.asked == [{"unit_id": u, "text": "The court sat."} for u in ("u0", "u1")]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/predict", b"{", 400),
        ("/predict", b"[]", 400),
        ("/predict", b"\xff\xfe", 400),
        ("/predict", b'{"tasks": "all"}', 400),
        ("/predict", b'{"tasks": [{"id": "x", "data": {}}]}', 400),
        ("/predict", b'{"tasks": []}', 200),
        ("/predict", b'{"tasks": [{"id": 1, "data": {"unit_id": 7, "text": null}}]}', 200),
        ("/webhook", b'{"action": ["START_TRAINING"]}', 400),
        ("/webhook", b'{"action": "PROJECT_UPDATED"}', 200),
        ("/setup", b"null", 400),
        ("/setup", b'{"project": "27.1", "access_token": "secret-token"}', 200),
        ("/nothing", b"{}", 404),
    ],
)
def test_bad_bodies_are_refused(codebook: Codebook, path: str, body: bytes, code: int) -> None:
    """What is no such body gets one line, and the backend goes on."""
    with serving(Service(codebook, lambda: DESIGN, Fixed())) as url:
        got = httpx.post(url + path, content=body)
        assert got.status_code == code, got.text
        assert "secret-token" not in got.text
        assert httpx.get(f"{url}/health").json()["status"] == "UP"


def test_secret_is_checked(codebook: Codebook, caplog: pytest.LogCaptureFixture) -> None:
    """Without the secret nothing is answered; with it, in the path or as a password, all is."""
    with serving(Service(codebook, lambda: DESIGN, Fixed()), SECRET) as url:
        base = url.removesuffix(f"/{SECRET}")
        assert httpx.get(f"{base}/health").status_code == 401
        assert httpx.get(f"{base}/{'0' * 40}/health").status_code == 401
        assert httpx.get(f"{base}/health", auth=("any", "wrong")).status_code == 401
        assert httpx.get(f"{base}/health", headers={"Authorization": "Basic %"}).status_code == 401
        assert httpx.get(f"{base}/versions", auth=("any", SECRET)).json() == {
            "versions": ["fixed@1"]
        }
        assert httpx.get(f"{url}/health").json()["model_version"] == "fixed@1"
    assert SECRET not in caplog.text


def test_training_blocks_nobody_and_swaps_at_once(codebook: Codebook) -> None:
    """While a model trains, requests are answered by the old one; then all by the new one."""
    go = threading.Event()

    def train() -> Fixed:
        go.wait(20)
        return Fixed("fixed@2", "rights_critique")

    service = Service(codebook, lambda: DESIGN, Fixed(), train=train, after=3)
    seen: set[tuple[str, str]] = set()
    stop = threading.Event()
    with serving(service) as url, httpx.Client() as http:

        def ask() -> None:
            with httpx.Client() as mine:
                while not stop.is_set():
                    answer = mine.post(f"{url}/predict", json=asked("u0", "u1")).json()
                    seen.update(
                        (one[0]["model_version"], one[0]["result"][0]["value"]["choices"][0])
                        for one in answer["results"]
                    )

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        created = {"action": "ANNOTATION_CREATED", "annotation": {"id": 1}}
        statuses = [http.post(f"{url}/webhook", json=created).json()["status"] for _ in range(3)]
        assert statuses == ["noted", "noted", "training"]
        assert http.get(f"{url}/health").json()["training"] is True
        assert http.post(f"{url}/setup", json={"project": "1.2"}).json() == {
            "model_version": "fixed@1"
        }
        go.set()
        wait_for(lambda: service.version == "fixed@2")
        last = http.post(f"{url}/predict", json=asked("u0")).json()["results"][0][0]
        wait_for(lambda: not service.training)
        stop.set()
        for thread in threads:
            thread.join()

    assert last["model_version"] == "fixed@2"
    assert seen <= {("fixed@1", "legal_check"), ("fixed@2", "rights_critique")}
    assert service.n_trained == 1


def test_failed_training_keeps_the_model(codebook: Codebook) -> None:
    """After any failure the model in force stays and the reason is shown; the next one counts."""
    failures = [InputError("gold", "too few rows", "label more"), RuntimeError("boom")]

    def train() -> Fixed:
        if failures:
            raise failures.pop(0)
        return Fixed("fixed@2")

    service = Service(codebook, lambda: DESIGN, Fixed(), train=train)
    for problem in ("gold: too few rows; label more", "training failed; see the log", ""):
        assert service.start_training()
        wait_for(lambda: not service.training)
        assert service.problem == problem
    assert service.version == "fixed@2"


def test_no_model_yet(codebook: Codebook) -> None:
    """Before the first training there is nothing to suggest, and nothing breaks."""
    service = Service(codebook, lambda: DESIGN)

    assert service.predict([{"unit_id": "u0", "text": "x"}]) == [[]]
    assert not service.start_training()


@pytest.mark.server
def test_with_label_studio(
    server: Server, new_project: Callable[..., int], codebook: Codebook
) -> None:
    """Opening a task brings a suggestion, but none for blind units; training is heard."""
    trained = threading.Event()

    def train() -> Fixed:
        trained.set()
        return Fixed("fixed@2", "rights_critique")

    project = new_project(codebook, "Backend")
    made = [
        task({"unit_id": row.unit_id, "text": "The court sat."}, revision="r") for row in DESIGN
    ]
    push(server, project, made)
    ids = {row["data"]["unit_id"]: row["id"] for row in tasks_of(server, project)}
    service = Service(codebook, lambda: DESIGN, Fixed(), train=train)
    with serving(service, SECRET) as url:
        assert register(server, project, url)
        assert not register(server, project, url)
        server.raw("POST", f"/api/tasks/{ids['u0']}/annotations/", json={"result": []})
        shown = {
            unit: server.raw("GET", f"/api/tasks/{number}/")["predictions"]
            for unit, number in ids.items()
        }
        (connection,) = server.client.ml.list(project=project)
        assert (connection.title, connection.model_version) == (TITLE, "fixed@1")
        server.client.ml.train(connection.id)
        assert trained.wait(20)
        wait_for(lambda: service.version == "fixed@2")
        following = server.raw("GET", f"/api/projects/{project}/next")
        moved = url.replace("127.0.0.1", "localhost")
        assert register(server, project, moved)
        assert [one.url for one in server.client.ml.list(project=project)] == [moved]
        hooks = [hook.url for hook in server.client.webhooks.list(project=project)]
        assert hooks == [f"{moved}/webhook"]

    assert {unit: len(found) for unit, found in shown.items() if unit != "u0"} == {
        "u1": 1,
        "u2": 1,
        "test": 0,
        "twice": 0,
    }
    assert shown["u1"][0]["model_version"] == "fixed@1"
    assert shown["u1"][0]["score"] == 0.75
    assert following["data"]["unit_id"] == "u1"
    assert [one["model_version"] for one in following["predictions"]] == ["fixed@2"]
    read = pull(server, project, codebook, blind=["test", "twice"])
    assert (read.n_leaked, read.n_exposed) == (0, 0)


@pytest.mark.server
def test_backend_that_is_not_there(
    server: Server, new_project: Callable[..., int], codebook: Codebook
) -> None:
    """An address that Label Studio does not reach is refused in one line, and leaves nothing."""
    project = new_project(codebook, "No backend")

    with pytest.raises(ServerError, match="does not reach the backend; name the address"):
        register(server, project, f"http://127.0.0.1:{free_port()}/{SECRET}")
    assert not server.client.ml.list(project=project)
