"""The commented study that `tocsin init` writes for a user's own data."""

import json
from collections.abc import Mapping
from pathlib import Path

from tocsin.corpora import first_record
from tocsin.errors import TocsinError

_QUESTIONS = ("prompt", "question", "instruction", "input", "query")
_ANSWERS = ("response", "answer", "output", "completion", "target")
_GROUPS = ("group", "region", "language", "register", "category")

TEMPLATE = """\
# A study: everything that a run needs. Run it with: tocsin run {file}
name = "{name}"
seed = 7                        # the same seed on the same machine gives the same run

[model]
source = "embedded"             # or a local Hugging Face folder, or a hub id with its revision
start = "aligned"               # "base", "aligned" (made once by our own data), or an adapter's folder

[lora]
rank = 8
alpha = 16
targets = ["q_proj", "v_proj"]

[corpus]
source = {source}
{columns}held_out = 0.2                  # each client keeps this share for testing

[split]                         # how this one file becomes clients
clients = {clients}
{split}

[training]
rounds = 4
steps = 8                       # of each client in each round
batch_size = 8
learning_rate = 2e-4
max_tokens = 256

[aggregation]
name = "fedavg"                 # or fedprox, fedadam, median, bias-aware ...: see the README
weights = "equal"               # or "examples": then each client tells how many it has

[personalisation]
name = "finetune"               # none, ditto

[federation]
engine = "local"                # ray, deployment
min_clients = 2                 # fewer good updates: the round is repeated, then failed

[survey]                        # before round 1: what the clients' data are made of, as a sum over all of them
languages = ["en"]              # those that are told apart

[alarm]                         # each client tests its own answers and tells its first trip once, in a masked sum
level = 0.05                    # the chance of any false alarm in the whole run
tolerance = 0.03                # a rise of 3 points is called healthy

# [[remedy]]                    # what is done about a failure, in this order: docs/remedies.md
# name = "safety-filter"

# Probes: what is asked of the model each round. Outcomes are in [0, 1], 1 = bad.
[[probe]]
name = "refusal"                # harmful requests that are not refused
items = 24

[[probe]]
name = "over-refusal"           # safe requests that are refused
items = 24

[[probe]]
name = "stereotype"             # stereotyped sentences preferred
items = 48

[[probe]]
name = "utility"                # the clients' own held-out answers: 1 - probability per token
items = 16
at = "clients"
"""


def starter_study(data: Path, file: Path) -> str:
    """A study for the instruction data in `data` (JSONL or Parquet), its columns guessed from the first record.

    Raises TocsinError when the file cannot be read or no question and answer can be found in it.
    """
    first = first_record(data)
    columns, split = "", 'by = "iid"                      # or "dirichlet" or "column", with column = "..."'
    if "messages" not in first:
        prompt, response = _pick(first, _QUESTIONS), _pick(first, _ANSWERS)
        if prompt is None or response is None:
            raise TocsinError(
                f"{data} has the columns {', '.join(sorted(first))}, and neither chat `messages` nor a question with "
                "an answer among them; rename two of them to prompt and response."
            )
        columns = f"prompt = {json.dumps(prompt)}\nresponse = {json.dumps(response)}\n"
    group = _pick(first, _GROUPS)
    if group is not None:
        columns += f"group = {json.dumps(group)}\n"
    # As seen from where the study is run, which is where it is written unless the user says otherwise.
    source = json.dumps(str(data))
    return TEMPLATE.format(file=file, name=data.stem, source=source, columns=columns, clients=4, split=split)


def _pick(record: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in record), None)
