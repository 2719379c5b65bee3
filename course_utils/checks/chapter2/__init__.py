"""The exercises of chapter 2, stability: a ladder from easy to hard."""

from course_utils.checks.chapter2 import (
    backward,
    catching,
    cold,
    explain,
    focus,
    heads,
    levelling,
    limit,
    lipschitz,
    masked,
    repair,
    shares,
    spread,
    thermometer,
)

ITEMS = [
    module.ITEM
    for module in (
        shares,
        limit,
        spread,
        explain,
        masked,
        backward,
        catching,
        cold,
        thermometer,
        focus,
        repair,
        heads,
        lipschitz,
        levelling,
    )
]
