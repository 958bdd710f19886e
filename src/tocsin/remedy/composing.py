"""The remedies of a study, one after the other in the order in which it declares them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tocsin.corpora import Example
from tocsin.errors import TocsinError
from tocsin.models import Arrays, Model
from tocsin.remedy.find import find_remedy
from tocsin.remedy.remedy import ClientSide, DataRemedy, ModelRemedy, ServerSide, Weighed
from tocsin.study import Study


@dataclass(frozen=True)
class Remedies:
    """Those that act on clients' data, and those that act on the aggregated adapter; each with its name, in order."""

    study: Study
    of_data: tuple[tuple[str, DataRemedy], ...]
    of_model: tuple[tuple[str, ModelRemedy], ...]

    def prepare(
        self, examples: Sequence[Example], client: int, model: Model, tick: Callable[[int], None]
    ) -> list[Weighed]:
        """What a client trains on. Raises TocsinError where a remedy leaves nothing to train on."""
        weighed = [Weighed(example) for example in examples]
        for place, (name, remedy) in enumerate(self.of_data):
            random = Random(f"{self.study.seed} client {client} remedy {place} {name}")
            weighed = remedy.prepare(weighed, ClientSide(self.study, client, model, random, tick))
            if not any(one.weight > 0 for one in weighed):
                raise TocsinError(
                    f'remedy "{name}" leaves this client nothing to train on; loosen its options, or leave the client '
                    "out."
                )
        return weighed

    def mend(
        self,
        round_: int,
        model: Model,
        adapters: tuple[Arrays, Arrays, Arrays],
        folder: Path,
        say: Callable[[str], None],
    ) -> tuple[Arrays, tuple[str, ...]]:
        """The adapter that goes on after a round, and what was done. `adapters`: of round 0, of the round before, and
        as it was aggregated."""
        start, before, arrays = adapters
        notes = []
        for place, (name, remedy) in enumerate(self.of_model):
            random = Random(f"{self.study.seed} round {round_} remedy {place} {name}")
            own = folder / f"{place}-{Path(name).stem}"
            mended = remedy.mend(arrays, ServerSide(self.study, round_, model, start, before, own, random, say))
            arrays = mended.arrays
            if mended.note:
                notes.append(f"{Path(name).name}: {mended.note}")  # a user's own is named by its path
        return arrays, tuple(notes)


def remedies_of(study: Study) -> Remedies:
    """The study's remedies. Raises TocsinError for what there is not, and for a conflict, with its reason."""
    made = [(use.name, find_remedy(use.name, use.options)) for use in study.remedy]
    of_data = tuple((name, remedy) for name, remedy in made if isinstance(remedy, DataRemedy))
    of_model = tuple((name, remedy) for name, remedy in made if isinstance(remedy, ModelRemedy))
    for name, remedy in made:
        if reason := remedy.conflict(study):
            raise TocsinError(f'remedy "{name}" {reason}')
    if of_data and study.privacy.training == "sample":
        raise TocsinError(
            f'remedy "{of_data[0][0]}" changes what a client trains on, and privacy.training = "sample" bounds what a '
            "record does where each is trained on as it is; leave one of the two out."
        )
    return Remedies(study, of_data, of_model)
