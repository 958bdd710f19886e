"""A language model behind an OpenAI-compatible endpoint on loopback, for tests and benchmarks."""

import json
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import Any, Self

import numpy as np

from tocsin.models import Model
from tocsin.models.scoring import score_tokens

GATHERING = 0.01
"""Seconds to wait for more calls that can be answered in the same batch."""

LARGEST_BATCH = 32


@dataclass
class _Call:
    prompt: str
    max_tokens: int
    answer: Future[str] = field(default_factory=Future)


class EndpointServer:
    """Serves `model` as `name` while it is entered, from a thread of this process.

    As a vendor's server it answers calls that come together in one batch, and it reads everything: `seen` are the
    bodies of all calls, `keys` what came to authorise them. `echo` is whether completions repeat a prompt with its
    log-probabilities.
    """

    def __init__(self, model: Model, name: str = "tested", echo: bool = False) -> None:
        self.name, self.echo = name, echo
        self.seen: list[bytes] = []
        self.keys: list[str | None] = []
        self._model = model
        self._calls: Queue[_Call | None] = Queue()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"endpoint": self}))
        self._threads = [Thread(target=self._http.serve_forever, args=(0.05,)), Thread(target=self._work)]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._calls.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        """All use of the model, which is not thread-safe, is here."""
        while (first := self._calls.get()) is not None:
            batch = [first]
            while len(batch) < LARGEST_BATCH:
                try:
                    call = self._calls.get(timeout=GATHERING)
                except Empty:
                    break
                if call is None or call.max_tokens != first.max_tokens:
                    self._calls.put(call)
                    break
                batch.append(call)
            try:
                texts = self._model.generate([call.prompt for call in batch], first.max_tokens)
            except Exception as error:
                for call in batch:
                    call.answer.set_exception(error)
                continue
            for call, text in zip(batch, texts, strict=True):
                call.answer.set_result(text)

    def answer(self, path: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a call; None where it is not served."""
        if asked.get("model") != self.name:
            return None
        if path == "/v1/chat/completions":
            prompt = self._model.render([(one["role"], one["content"]) for one in asked["messages"]])
            text = self._generated(prompt, asked["max_tokens"])
            return self._counted(prompt, text, {"message": {"role": "assistant", "content": text}})
        if path != "/v1/completions" or (asked.get("echo") and not self.echo):
            return None
        if asked.get("echo"):
            return self._counted(
                asked["prompt"], "", {"text": asked["prompt"], "logprobs": self._scores(asked["prompt"])}
            )
        text = self._generated(asked["prompt"], asked["max_tokens"])
        return self._counted(asked["prompt"], text, {"text": text})

    def _generated(self, prompt: str, max_tokens: int) -> str:
        call = _Call(prompt, max_tokens)
        self._calls.put(call)
        return call.answer.result()

    def _counted(self, prompt: str, text: str, choice: dict[str, Any]) -> dict[str, Any]:
        counts = [len(self._model.tokenizer(part, add_special_tokens=False)["input_ids"]) for part in (prompt, text)]
        return {"choices": [choice], "usage": {"prompt_tokens": counts[0], "completion_tokens": counts[1]}}

    def _scores(self, text: str) -> dict[str, Any]:
        found = self._model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids, offsets = found["input_ids"], [start for start, _ in found["offset_mapping"]]
        scores = score_tokens(self._model.network.get_base_model(), [(tuple(ids), 1)], self._model.device)[0]
        logs, best = scores.log_probabilities.tolist(), np.log(scores.confidences).tolist()
        return {
            "text_offset": offsets,
            "token_logprobs": [None, *logs],
            "top_logprobs": [None, *({"(likeliest)": max(pair)} for pair in zip(logs, best, strict=True))],
        }


class _Handler(BaseHTTPRequestHandler):
    endpoint: EndpointServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_GET(self) -> None:
        self._reply({"data": [{"id": self.endpoint.name}]} if self.path == "/v1/models" else None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.endpoint.seen.append(body)
        self.endpoint.keys.append(self.headers["Authorization"])
        self._reply(self.endpoint.answer(self.path, json.loads(body)))

    def _reply(self, answer: dict[str, Any] | None) -> None:
        # A refusal repeats what was asked, as some servers' do.
        refusal = {"error": {"message": f"Not served: {self.endpoint.seen[-1:]}"}}
        body = json.dumps(refusal if answer is None else answer)
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass
