"""``/swagger.json``: documents made from what ``inference_schema`` recorded, or the author's own files (section 4.8).

Nothing here imports ``inference_schema``: the author pins it, and a script that never imported it cannot have used it.
"""
