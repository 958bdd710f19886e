"""The change of each layer, projected onto what alignment changed there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.errors import TocsinError
from tocsin.models import Arrays
from tocsin.remedy.remedy import REMEDIES, Mended, ModelRemedy, Options, ServerSide, options
from tocsin.study import Study

Matrix = NDArray[np.float64]


class Layer(NamedTuple):
    """LoRA's two factors of one layer: `up`, B, (outputs, rank), and `down`, A, (rank, inputs)."""

    up: Matrix
    down: Matrix


class Projected(NamedTuple):
    """A layer, and the cosine of its change to that change projected, in [0, 1]."""

    layer: Layer
    cosine: float


@dataclass(frozen=True)
class Projection:
    """Safe LoRA (Hsu et al., NeurIPS 2024, arXiv 2405.16833), the aligned adapter being that of round 0.

    V = s B0 A0 is what alignment changed in a layer, D = s (B A - B0 A0) what the federation has changed since, s =
    alpha / rank. Where cos(D, C D) is under `threshold`, D becomes C D, with the paper's C = V V' / ||V||, which
    scales as it projects, or with `exact` the orthogonal projection V (V'V)^+ V'. The paper's V has full rank, ours
    has LoRA's.
    """

    threshold: float
    exact: bool

    def conflict(self, study: Study) -> str | None:
        """See `ModelRemedy.conflict`."""
        if study.model.start == "base":
            return (
                "projects onto what alignment changed, and a fresh adapter has changed nothing; set "
                'model.start = "aligned" or to the folder of an aligned adapter.'
            )
        return None

    def mend(self, arrays: Arrays, side: ServerSide) -> Mended:
        """See `ModelRemedy.mend`."""
        scale = side.study.lora.alpha / side.study.lora.rank
        mended = dict(arrays)
        cosines = []
        for up, down in _names(arrays):
            start = Layer(side.start[up].astype(np.float64), side.start[down].astype(np.float64))
            now = Layer(arrays[up].astype(np.float64), arrays[down].astype(np.float64))
            if not (start.up @ start.down).any():
                raise TocsinError(
                    f'remedy "projection": the adapter in model.start = "{side.study.model.start}" changes nothing '
                    f"in {down}; start from an aligned one."
                )
            projected = project(start, now, scale, self.exact)
            cosines.append(projected.cosine)
            if projected.cosine < self.threshold:
                mended[up] = projected.layer.up.astype(np.float32)
                mended[down] = projected.layer.down.astype(np.float32)
        few = sum(cosine < self.threshold for cosine in cosines)
        return Mended(
            mended,
            f"the changes of {few} of {len(cosines)} layers are projected (cosines from {min(cosines):.2f} to "
            f"{max(cosines):.2f})",
        )


def project(start: Layer, now: Layer, scale: float, exact: bool) -> Projected:
    """The layer whose change from `start` is the projected one; a layer that has not changed has cosine 1.

    What is projected lies in the columns of B0, and so does the aligned change: B0 and another A hold their sum with
    nothing lost.
    """
    change = scale * (now.up @ now.down - start.up @ start.down)
    projected = _onto(start, change, scale, exact)
    sizes = float(np.linalg.norm(change) * np.linalg.norm(projected))
    if not change.any():
        return Projected(now, 1.0)
    cosine = float((change * projected).sum()) / sizes if sizes > 0 else 0.0
    more, *_ = np.linalg.lstsq(start.up, projected / scale)
    return Projected(Layer(start.up, start.down + more), cosine)


def _onto(start: Layer, change: Matrix, scale: float, exact: bool) -> Matrix:
    """C `change`. Factor by factor: V V' itself is as large as a layer of the model."""
    if not exact:
        size = np.linalg.norm(start.up @ start.down) * scale
        turned: Matrix = start.up @ (start.down @ (start.down.T @ (start.up.T @ change)))
        return turned * (scale**2 / size)
    columns, rest = np.linalg.qr(start.up)
    left, values, _ = np.linalg.svd(rest @ start.down, full_matrices=False)
    basis = columns @ left[:, values > values[0] * 1e-6]  # float32 knows no smaller ones
    onto: Matrix = basis @ (basis.T @ change)
    return onto


def _names(arrays: Arrays) -> Iterator[tuple[str, str]]:
    """The names of B and A, layer by layer."""
    for name in arrays:
        if ".lora_A." in name:
            yield name.replace(".lora_A.", ".lora_B."), name


@REMEDIES.register("projection")
def projection(given: Options) -> ModelRemedy:
    """Options `threshold` (default 0.35; above 1 every layer is projected) and `exact` (default false)."""
    chosen = options("projection", given, {"threshold": 0.35, "exact": False})
    if not chosen["threshold"] > 0:
        raise TocsinError(f'remedy "projection": threshold = {chosen["threshold"]} is wrong; give a number above 0.')
    return Projection(**chosen)
