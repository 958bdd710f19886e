"""A model behind an OpenAI-compatible endpoint: what can be asked of it, and a record of what was told it."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Lock
from typing import Any

import httpx
import numpy as np

from tocsin.behaviour import Likelihood, TokenScores
from tocsin.errors import TocsinError
from tocsin.privacy import Egress

KEY = "TOCSIN_ENDPOINT_KEY"
"""The environment variable of an endpoint's key. Not OPENAI_API_KEY: that is not for whatever address one names."""

# What stands before a chat in a prompt: the endpoint has the template, and we have none to make a text with.
_CHAT = "\0chat "


class NotGiven(TocsinError):
    """An endpoint does not give what was asked for: no failure, but a limit of this kind of access."""


class _NotServed(TocsinError):
    """An answer that shows that a call, or a field of it, is not known there."""


_TIMEOUT = 120.0  # seconds, for each call
_UNKNOWN_CALL = frozenset({400, 404, 405, 422, 501})


@dataclass(frozen=True)
class Usage:
    """What an endpoint was asked, as it counts: calls, tokens read and tokens written."""

    calls: int = 0
    read: int = 0
    written: int = 0


class Endpoint:
    """Keeps the protocol `LanguageModel` as far as the endpoint allows; anything else raises `NotGiven`.

    Every prompt leaves this machine. Where there is an `egress` record, each call is in it before it is sent. The
    record says kind `prompt` whatever the prompt is: the endpoint reads public and private ones alike.

    `at_once` calls are under way at a time. The key is that of the environment variable `KEY`, where it is set.
    """

    def __init__(self, address: str, egress: Egress | None = None, at_once: int = 8) -> None:
        """`address` is the base of the API, and may hold the model's name (https://HOST/v1#NAME); without a name the
        endpoint must serve one model alone. Raises TocsinError where there is no such endpoint."""
        base, _, name = address.partition("#")
        self.address = base.rstrip("/")
        self._egress, self._at_once = egress, at_once
        self._lock = Lock()
        self.usage = Usage()
        key = os.environ.get(KEY)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            url = httpx.URL(self.address)
            # A proxy has no business between a machine and itself.
            self._client = httpx.Client(headers=headers, timeout=_TIMEOUT, trust_env=not _is_loopback(url.host))
        except httpx.InvalidURL:
            raise TocsinError(
                f"{address} is no address of an endpoint; write it as https://HOST/v1 or https://HOST/v1#NAME."
            ) from None
        self._protection = "TLS; the endpoint reads it" if url.scheme == "https" else "none"
        self.name = name or self._only_model()

    def _only_model(self) -> str:
        served = [str(_at(one, "id")) for one in _at(self._answer("GET", "models"), "data")]
        if len(served) != 1:
            raise TocsinError(
                f"{self.address} serves {len(served)} models; name one of them after a #: {', '.join(served[:5])}."
            )
        return served[0]

    # -- text ---------------------------------------------------------------------------------

    def chat(self, user: str) -> str:
        """`user` as a chat turn: a text for `generate` alone, which sends it as a chat."""
        return self.render((("user", user),))

    def render(self, turns: Sequence[tuple[str, str]]) -> str:
        """(role, text) turns as one text for `generate`, which sends them as a chat."""
        return _CHAT + json.dumps([{"role": role, "content": text} for role, text in turns])

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        """The continuation of each prompt, at temperature 0, at most `max_tokens` tokens, in order.

        A prompt of `chat` or `render` goes to chat/completions, any other to completions. `decided` is not used: an
        answer comes whole. Temperature 0 is greedy decoding as far as the endpoint keeps to it.
        """
        with ThreadPoolExecutor(self._at_once) as pool:
            return list(pool.map(lambda prompt: self._continued(prompt, max_tokens), prompts))

    def _continued(self, prompt: str, max_tokens: int) -> str:
        how = {"model": self.name, "max_tokens": max_tokens, "temperature": 0}
        if prompt.startswith(_CHAT):
            try:
                messages = json.loads(prompt.removeprefix(_CHAT))
            except ValueError:
                raise NotGiven(
                    f"{self.address} takes chats by whole turns: it cannot go on with an answer that was begun."
                ) from None
            answer = self._post("chat/completions", {**how, "messages": messages})
            return str(_at(answer, "choices", 0, "message", "content") or "")
        try:
            return str(_at(self._post("completions", {**how, "prompt": prompt}), "choices", 0, "text"))
        except _NotServed as reason:
            raise NotGiven(f"{self.address} does not go on with a plain text: {reason}") from None

    # -- likelihoods, where the endpoint gives them ---------------------------------------------

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        """See `LanguageModel.log_likelihoods`. Raises NotGiven where the endpoint does not repeat a prompt with the
        log-probabilities of its tokens (`echo` and `logprobs` of completions), and for a chat or no prefix."""
        return [
            Likelihood(float(one.log_probabilities.sum(dtype=np.float64)), len(one.log_probabilities))
            for one in self.token_scores(pairs)
        ]

    def token_scores(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """See `LanguageModel.token_scores`, and `log_likelihoods` for what it raises."""
        if any(prefix.startswith(_CHAT) for prefix, _ in pairs):
            raise NotGiven(f"{self.address} gives no log-likelihoods of an answer in a chat.")
        with ThreadPoolExecutor(self._at_once) as pool:
            return list(pool.map(lambda pair: self._scored(*pair), pairs))

    def _scored(self, prefix: str, text: str) -> TokenScores:
        asked = {"model": self.name, "prompt": prefix + text, "max_tokens": 0, "echo": True, "logprobs": 1}
        try:
            found = _at(self._post("completions", asked), "choices", 0, "logprobs")
            offsets, own, best = (_at(found, name) for name in ("text_offset", "token_logprobs", "top_logprobs"))
        except _NotServed:
            raise NotGiven(
                f"{self.address} gives no log-likelihoods: its completions do not serve echo with logprobs."
            ) from None
        # White space between the two belongs to the text, as in `Model`.
        border = len(prefix.rstrip())
        places = [place for place, offset in enumerate(offsets) if offset >= border]
        if any(own[place] is None for place in places):
            raise NotGiven(f"{self.address} does not say how likely the first token of a document is.")
        logs = np.array([own[place] for place in places], np.float32)
        tops = np.array([max(own[place], *best[place].values()) for place in places], np.float32)
        return TokenScores(logs, np.exp(tops), logs >= tops)

    # -- calls ----------------------------------------------------------------------------------

    def _post(self, path: str, content: Mapping[str, Any]) -> Any:
        body = json.dumps(content).encode()
        with self._lock:
            if self._egress is not None:
                self._egress.record(self.address, "prompt", self._protection, len(body))
        answer = self._answer("POST", path, body)
        used = answer.get("usage") or {}
        with self._lock:
            self.usage = Usage(
                self.usage.calls + 1,
                self.usage.read + int(used.get("prompt_tokens") or 0),
                self.usage.written + int(used.get("completion_tokens") or 0),
            )
        return answer

    def _answer(self, method: str, path: str, body: bytes | None = None) -> Any:
        try:
            reply = self._client.request(
                method, f"{self.address}/{path}", content=body, headers={"Content-Type": "application/json"}
            )
        except httpx.HTTPError as error:
            raise TocsinError(
                f"The endpoint {self.address} does not answer ({type(error).__name__}); check the address, and that it "
                "runs."
            ) from None
        if (status := reply.status_code) != httpx.codes.OK:
            # Its own words may repeat the prompt, and what a client says of a failure must hold no data.
            kind = _NotServed if status in _UNKNOWN_CALL else TocsinError
            raise kind(
                f"The endpoint {self.address} refuses {path} ({status} {httpx.codes.get_reason_phrase(status)}); "
                f"check the address, the model's name and the key in {KEY}."
            )
        try:
            answer = reply.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise _strange(path)
        return answer


def is_address(source: str) -> bool:
    """Whether a model is named by the address of an endpoint."""
    return source.startswith(("http://", "https://"))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _at(value: Any, *path: str | int) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise _strange(".".join(map(str, path))) from None
    return value


def _strange(what: str) -> TocsinError:
    return _NotServed(
        f"The endpoint does not answer as OpenAI's API does (at {what}); name one that is compatible with it."
    )
