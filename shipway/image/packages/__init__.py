"""An author's packages: pins to a lock for the asset's own Python, a lock to what is installed. uv does the work.

lock            what is resolved for whom, as values
resolve         the author's first, then our server's under it or apart; `kept` resolves nothing twice
question        what uv is asked and how it is read (pure); `asking` puts it, `refusals` says why it failed
as_of, sources, metadata    which question comes next: a day's versions, packages without a wheel, unreadable metadata
install         a lock to a folder; `compiled` judges what was compiled on this machine for an image (pure)
mending         a proposal where nothing satisfies, or the imports fail
"""
