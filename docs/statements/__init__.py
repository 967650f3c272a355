"""Published statements about training on synthetic data, each held against this project's numbers.

`statement` says what a row is, `page` writes docs/STATEMENTS.md; the other files hold the rows, a function for each
set of numbers: `paper`, `transfer`, `training`, `generations`, `students`, `groups`, `verification`.
"""
