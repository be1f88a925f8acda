"""What tells a good challenger from a bad one.

Judging is pure (`answers`, `golden`, `limits`, `canary`), asking is apart from it (`connection`, `load`, `smoke`,
`expectations`), and `verify` puts both together. A bad verdict is a value; nothing here raises because a challenger
is bad.
"""
