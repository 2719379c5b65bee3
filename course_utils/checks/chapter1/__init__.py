"""The exercises of chapter 1, additive attention: a ladder from easy to hard."""

from course_utils.checks.chapter1 import (
    batched,
    bill,
    catching,
    ceilings,
    circle,
    dead,
    exact,
    explain,
    flat,
    impostor,
    recentring,
    repair,
    uniform,
    window,
    xor,
)

ITEMS = [
    module.ITEM
    for module in (
        circle,
        impostor,
        ceilings,
        explain,
        repair,
        batched,
        xor,
        window,
        catching,
        exact,
        recentring,
        dead,
        uniform,
        bill,
        flat,
    )
]
