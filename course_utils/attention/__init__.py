"""The subject: scores, weights, masks, attention, and numbers that describe it."""

from course_utils.attention.core import attention
from course_utils.attention.diagnostics import (
    effective_keys,
    entropy,
    jensen_shannon,
    total_variation,
)
from course_utils.attention.masks import causal_mask, padding_mask, window_mask
from course_utils.attention.multihead import MultiHeadAttention
from course_utils.attention.positions import sinusoidal
from course_utils.attention.scores import (
    AdditiveScore,
    BilinearScore,
    CosineScore,
    additive_score,
    bilinear_score,
    cosine_score,
    dot_score,
    scaled_dot_score,
)
from course_utils.attention.weights import naive_softmax, softmax

__all__ = [
    "AdditiveScore",
    "BilinearScore",
    "CosineScore",
    "MultiHeadAttention",
    "additive_score",
    "attention",
    "bilinear_score",
    "causal_mask",
    "cosine_score",
    "dot_score",
    "effective_keys",
    "entropy",
    "jensen_shannon",
    "naive_softmax",
    "padding_mask",
    "scaled_dot_score",
    "sinusoidal",
    "softmax",
    "total_variation",
    "window_mask",
]
