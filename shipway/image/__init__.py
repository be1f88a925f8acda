"""Images: rendered as a value from code, models and environment (pure), then built as the target kind needs it.

Both kinds begin with `render`. `process`: `environment` makes a virtual environment, `bundle` a folder. `docker`: all
in `shipway.image.container`. `build` is the door to both. Knows nothing of targets and releases.
"""
