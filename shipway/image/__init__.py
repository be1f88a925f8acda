"""Images: rendered as a value from code, models and environment (pure), then built as the target kind needs it.

`render` and `dockerfile` decide; `environment`, `bundle` and `build` act. Knows nothing of targets and releases.
"""
