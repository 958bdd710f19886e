"""A language model with one LoRA adapter in it: score, generate, train, and swap the adapter."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tocsin.behaviour import Likelihood, TokenScores
from tocsin.errors import TocsinError
from tocsin.models import find
from tocsin.models.adapter import Arrays, check_fits, load_adapter, save_adapter
from tocsin.models.counting import Passed, counted
from tocsin.models.generation import generate
from tocsin.models.packing import ATTENTION, hidden_states, pack, token_losses
from tocsin.models.preferring import Preference, prefer
from tocsin.models.private_training import train_privately
from tocsin.models.quiet import quiet_transformers
from tocsin.models.scoring import score_tokens
from tocsin.models.states import block_states
from tocsin.models.training import Sample, TrainingPlan, TrainingReport, train
from tocsin.study import Lora
from tocsin.study import Model as ModelSettings


@dataclass
class Model:
    """Made by `load`. Not thread-safe: there is one adapter in it at a time."""

    network: Any
    tokenizer: Any
    device: torch.device
    fingerprint: str
    name: str

    def __post_init__(self) -> None:
        self._fresh = self.adapter()

    # -- text ---------------------------------------------------------------------------------

    def chat(self, user: str) -> str:
        """`user` as a chat turn in the model's own template, up to where the answer begins."""
        return self.render((("user", user),))

    def render(self, turns: Sequence[tuple[str, str]]) -> str:
        """(role, text) turns in the model's chat template, up to where the answer begins.

        A model without a template gets plain `Role: text` lines.
        """
        if self.tokenizer.chat_template is None:
            lines = "".join(f"{role.capitalize()}: {text}\n" for role, text in turns)
            return f"{lines}Assistant:"
        messages = [{"role": role, "content": text} for role, text in turns]
        text: str = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return text

    def sample(self, prompt: str, response: str, max_tokens: int) -> Sample:
        """One training example; the answer ends with the model's end token; cut to `max_tokens` at the end."""
        head = self._encode(prompt) or [self._begin]
        tail = [*self._encode(response), self.tokenizer.eos_token_id]
        return Sample(tuple((head + tail)[:max_tokens]), min(len(head), max_tokens))

    @property
    def _begin(self) -> int:
        """The token that a document begins with: something must stand before the first token that counts."""
        begin: int | None = self.tokenizer.bos_token_id
        return int(self.tokenizer.eos_token_id) if begin is None else begin

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    # -- measuring ----------------------------------------------------------------------------

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        """log p(text | prefix) of each (prefix, text), in order; both are cut at token borders as lm-eval does.

        An empty prefix stands for the model's beginning-of-text token (its end token where it has none).
        """
        return [
            Likelihood(float(one.log_probabilities.sum(dtype=np.float64)), len(one.log_probabilities))
            for one in self.token_scores(pairs)
        ]

    def token_scores(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """What `log_likelihoods` sums up, token by token, and the model's confidence at each token."""
        sequences = [self._split(prefix, text) for prefix, text in pairs]
        return score_tokens(self.network.get_base_model(), [(s.ids, s.prompt) for s in sequences], self.device)

    def states(self, pairs: Sequence[tuple[str, str]], depths: Sequence[float]) -> NDArray[np.float32]:
        """What the base model, without its adapter, makes of each (prefix, text), at some depths.

        `depths` are shares of the model's blocks in (0, 1], rising. Of the states after each of these blocks: their
        mean over the text's tokens, and the last token's; shape (pairs, depths, 2, hidden size).
        """
        sequences = [self._split(prefix, text) for prefix, text in pairs]
        decoder = self.network.get_base_model().get_decoder()
        blocks = [ceil(depth * len(decoder.layers)) for depth in depths]
        with self.network.disable_adapter():
            return block_states(decoder, [(s.ids, s.prompt) for s in sequences], blocks, self.device)

    def _split(self, prefix: str, text: str) -> Sample:
        # White space between the two belongs to the text: most vocabularies glue it to the next word.
        head, whole = self._encode(prefix.rstrip()), self._encode(prefix + text)
        if not head:
            return Sample((self._begin, *whole), 1)
        return Sample(tuple(whole), min(len(head), len(whole)))

    def _losses(self, samples: Sequence[Sample]) -> tuple[torch.Tensor, list[int]]:
        """Per-token losses of the answers of `samples` in a row, and how many tokens each answer has."""
        row = pack([s.ids for s in samples], self.device)
        network = self.network.get_base_model()
        states = hidden_states(network.get_decoder(), row)
        at = torch.cat(
            [
                torch.arange(start + s.prompt, start + len(s.ids), device=self.device)
                for start, s in zip(row.starts, samples, strict=True)
            ]
        )
        losses = token_losses(network.get_output_embeddings(), states, row.ids[0], at)
        return losses, [len(s.ids) - s.prompt for s in samples]

    def _example_losses(self, samples: Sequence[Sample]) -> torch.Tensor:
        """Mean loss per token of each sample's answer, (samples,), from padded rows: one example, one row."""
        network = self.network.get_base_model()
        width = max(len(s.ids) for s in samples)
        # What stands behind a text is seen by no token of it: padding needs no mask.
        ids = torch.tensor([[*s.ids, *[0] * (width - len(s.ids))] for s in samples], device=self.device)
        states = network.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state.flatten(0, 1)
        spans = [range(i * width + s.prompt, i * width + len(s.ids)) for i, s in enumerate(samples)]
        at = torch.tensor([place for span in spans for place in span], device=self.device)
        losses = token_losses(network.get_output_embeddings(), states, ids.flatten(), at)
        return torch.stack([part.mean() for part in losses.split([len(span) for span in spans])])

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        """Greedy continuations, at most `max_tokens` tokens each, special tokens removed, in order.

        One ends early once `decided(text so far)` is true.
        """

        def text(ids: list[int]) -> str:
            decoded: str = self.tokenizer.decode(ids, skip_special_tokens=True)
            return decoded

        def enough(ids: list[int]) -> bool:
            return decided is not None and decided(text(ids))

        encoded = [self._encode(prompt) or [self._begin] for prompt in prompts]
        return [text(ids) for ids in generate(self.network, encoded, max_tokens, self._ends, enough, self.device)]

    @property
    def _ends(self) -> set[int]:
        """The tokens that end a text."""
        ends = self.network.generation_config.eos_token_id
        known = set(ends) if isinstance(ends, list) else {ends}
        return (known | {self.tokenizer.eos_token_id}) - {None}

    # -- the adapter --------------------------------------------------------------------------

    def _parameters(self) -> dict[str, torch.nn.Parameter]:
        """The adapter's parameters under the names that PEFT gives them in its files."""
        return {name.replace(".default.", "."): p for name, p in self.network.named_parameters() if p.requires_grad}

    def fresh(self) -> Arrays:
        """A copy of the adapter that the model was loaded with, whatever is in it now."""
        return {name: array.copy() for name, array in self._fresh.items()}

    def adapter(self) -> Arrays:
        """A copy of the adapter: name -> float32 array."""
        return {
            name: p.detach().to("cpu", torch.float32).numpy().copy() for name, p in sorted(self._parameters().items())
        }

    def use(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Put an adapter in. Raises TocsinError when it is one of another model or another rank."""
        parameters = self._parameters()
        if reason := check_fits(arrays, {name: p.detach().cpu().numpy() for name, p in parameters.items()}):
            raise TocsinError(
                f"This adapter does not fit {self.name}: {reason}; use the model and [lora] that it was made with."
            )
        with torch.no_grad():
            for name, p in parameters.items():
                p.copy_(torch.from_numpy(np.ascontiguousarray(arrays[name])))

    def save(self, arrays: Mapping[str, NDArray[np.float32]], folder: Path) -> None:
        """Write `arrays` as an adapter folder that PEFT and `Model.read` can load."""
        config = self.network.peft_config["default"].to_dict()
        config = {k: sorted(v) if isinstance(v, set) else v for k, v in config.items()}
        config["base_model_name_or_path"] = self.name
        config["inference_mode"] = True
        save_adapter(arrays, folder, config, self.fingerprint)

    def read(self, folder: Path) -> Arrays:
        """The adapter in `folder`. Raises TocsinError when it was made for another base model."""
        arrays, base = load_adapter(folder)
        if base is not None and base != self.fingerprint:
            raise TocsinError(
                f"The adapter in {folder} was made for another base model (fingerprint {base[:12]}, "
                f"{self.name} has {self.fingerprint[:12]}); use that model, or make the adapter anew."
            )
        if reason := check_fits(arrays, self.adapter()):
            raise TocsinError(f"The adapter in {folder} does not fit {self.name}: {reason}; check [lora].")
        return arrays

    def train(
        self, samples: Sequence[Sample], plan: TrainingPlan, tick: Callable[[int], None] | None = None
    ) -> TrainingReport:
        """Train the adapter that is in, in place; see `training.train`, with `plan.privacy` `train_privately`."""
        parameters = dict(sorted(self._parameters().items()))
        if plan.privacy is not None:
            return train_privately(self.network, self._example_losses, parameters, samples, plan, tick)
        return train(self._losses, parameters, samples, plan, tick)

    def prefer(
        self,
        pairs: Sequence[Preference],
        plan: TrainingPlan,
        beta: float,
        tick: Callable[[int], None] | None = None,
    ) -> list[float]:
        """Train the adapter that is in by DPO, in place, with itself as it is as the reference; see
        `preferring.prefer`."""
        return prefer(self._losses, dict(sorted(self._parameters().items())), pairs, plan, beta, tick)

    def counted(self) -> AbstractContextManager[Passed]:
        """Counts the tokens that pass through the model meanwhile; see `counting.counted`."""
        return counted(self.network.get_base_model())


def load(settings: ModelSettings, lora: Lora) -> Model:
    """Load a model with a fresh adapter (which changes nothing until it is trained).

    Raises TocsinError when the model cannot be had or is not a causal language model that we can adapt.
    """
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = find.locate(settings.source, settings.revision)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    device = _device(settings.device)
    try:
        with quiet_transformers():
            network: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=_dtype(settings.precision, device), attn_implementation=ATTENTION
            )
            tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise TocsinError(
            f"The model in {folder} cannot be loaded ({str(error).splitlines()[0]}); name a causal language model."
        ) from None
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    network.to(device).requires_grad_(False).eval()
    network.generation_config.pad_token_id = tokenizer.pad_token_id
    config = LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, target_modules=list(lora.targets), lora_dropout=0.0, task_type="CAUSAL_LM"
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)  # LoRA's A matrices are random: all parties of a federation must start with the same
        try:
            with quiet_transformers():
                adapted = get_peft_model(network, config)
        except ValueError as error:
            raise TocsinError(f"lora.targets = {list(lora.targets)} do not fit {settings.source}: {error}") from None
    adapted.eval()
    model = Model(adapted, tokenizer, device, find.fingerprint(folder), settings.source)
    _check(model)
    return model


def _check(model: Model) -> None:
    """Refuse a model that we would measure wrongly in silence, such as one that scales or caps its logits."""
    texts = (tuple(range(3, 11)), tuple(range(11, 15)))
    with torch.inference_mode():
        ours = model._losses([Sample(text, 1) for text in texts])[0]
        theirs = []
        for text in texts:
            ids = torch.tensor([text], device=model.device)
            logits = model.network(input_ids=ids, use_cache=False).logits[0, :-1]
            theirs.append(torch.nn.functional.cross_entropy(logits.float(), ids[0, 1:], reduction="none"))
    # The mean, and loosely: on such odd texts bfloat16 puts single tokens a tenth off, and the mean half a percent.
    if not torch.isclose(ours.mean(), torch.cat(theirs).mean(), rtol=0.05):
        raise TocsinError(
            f"{model.name} computes its likelihoods in a way that Tocsin does not know; "
            "name a model of the Llama kind (Llama, SmolLM, Qwen, Mistral)."
        )


def _device(wanted: str) -> torch.device:
    if wanted == "cuda" and not torch.cuda.is_available():
        raise TocsinError('model.device = "cuda", but torch sees no CUDA device here; use "auto" or "cpu".')
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def _dtype(wanted: str, device: torch.device) -> torch.dtype:
    """bfloat16 where the processor computes in it, float32 elsewhere (there bfloat16 is emulated, and slow)."""
    if wanted != "auto":
        return torch.bfloat16 if wanted == "bfloat16" else torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    fast = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if fast and _has_bf16_units() else torch.float32


def _has_bf16_units() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware: oneDNN also 'supports' it by emulation on AVX-512."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
