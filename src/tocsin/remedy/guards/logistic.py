"""Logistic regression with an L2 penalty."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

_MOST_STEPS = 1000


@dataclass(frozen=True)
class Logistic:
    """`weights` (features,) and a `bias`, for features as they come."""

    weights: Floats
    bias: float

    def probability(self, features: Floats) -> NDArray[np.float64]:
        """Of each row of `features` (rows, features), the chance of the class True, were both equally common."""
        found: NDArray[np.float64] = expit((features @ self.weights).astype(np.float64) + self.bias)
        return found


def fit(features: Floats, classes: Bools, penalty: float) -> Logistic:
    """The fit to `features` (rows, features), both classes with the same weight in all.

    Minimises the mean negative log-likelihood in nats plus `penalty`/2 times the squared weights, where features are
    scaled to a variance of 1 over the number of features: the same penalty suits models of any width. Convex, by
    L-BFGS (Liu & Nocedal, 1989).
    """
    middle = features.mean(0)
    # What never varies stays as it is, at 0.
    spread = np.where(features.std(0) > 0, features.std(0), 1) * np.float32(np.sqrt(features.shape[1]))
    scaled = (features - middle) / spread
    signs = np.where(classes, 1.0, -1.0)
    shares = np.where(classes, 0.5 / classes.sum(), 0.5 / (~classes).sum())

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = point[:-1], point[-1]
        margins = signs * (scaled @ weights.astype(np.float32) + bias)
        slopes = -shares * signs * expit(-margins)
        slope = slopes.astype(np.float32) @ scaled + penalty * weights
        value = -(shares * log_expit(margins)).sum() + penalty / 2.0 * (weights @ weights)
        return float(value), np.append(slope, slopes.sum())

    start = np.zeros(features.shape[1] + 1)
    point = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _MOST_STEPS}).x
    weights = (point[:-1] / spread).astype(np.float32)
    return Logistic(weights, float(point[-1] - middle.astype(np.float64) @ weights))
