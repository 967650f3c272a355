"""From an expression of random matrices to its limit.

Read in this order: `matrices` (the alphabet), `pencil` (expressions to linear pencils; `blocks`,
`reduction`, `sample`), `freeness` (their fixed-point equations; `twins`).  Then either numbers:
`numeric` (`system`, `stability`), or formulas: `raw` (the equations written out), `symbolic` (their
reduction; `traces`, `eliminate`), and `precise`, which solves the raw ones to 50 digits (`points`).
"""
