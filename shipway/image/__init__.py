"""Images: rendered as a value from code, models and environment (pure), then built as the target kind needs it.

Both kinds begin with `render`. `process`: `environment` and `bundle` make a virtual environment and a folder. `docker`:
`base` finds what to stand on, `dependencies`, `venv_layer` and `app_layers` say what lies in the layers, `kept_layers`
keeps them, `settings` describes the image, `load` hands it to an engine and `registry` to a registry; `docker_build` is
the story. `inspection` and `secrets` look into what was built. Knows nothing of targets and releases.
"""
