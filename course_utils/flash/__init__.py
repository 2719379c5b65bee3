"""The same attention, tiled: in PyTorch, as a Triton kernel, and counted in bytes.

Triton is imported only where a kernel runs; everything here imports without it.
"""

from course_utils.flash.autograd import tiled_attention
from course_utils.flash.dispatch import Choice, explain_backend, flash_attention
from course_utils.flash.memory import peak_memory
from course_utils.flash.merge import merge_attention
from course_utils.flash.tiled import tiled_backward, tiled_forward
from course_utils.flash.traffic import Traffic
from course_utils.flash.varlen import varlen_attention
from course_utils.flash.visibility import Visibility

__all__ = [
    "Choice",
    "Traffic",
    "Visibility",
    "explain_backend",
    "flash_attention",
    "merge_attention",
    "peak_memory",
    "tiled_attention",
    "tiled_backward",
    "tiled_forward",
    "varlen_attention",
]
