"""Places to run: one module a kind of target, besides `base` (what all share) and modules that begin with `_`."""
