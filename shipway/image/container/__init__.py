"""Container images: assembled from layers on this machine and loaded into an engine (docs/decisions/0007).

build           the whole of it: what is asked, in which order, and the same again as one question
base...         the image that all stands on: chosen, pulled, asked for its Pythons, its layers read once
parts           what an image is made of, decided: base, lock, bundle, layers
dependencies    packages for the base's Python and C library; `venv_layer` lays them out
app_layers      user, code and models; `layer_tar` writes any layer as a tar in which nothing is left to chance
settings        labels, variables, command, user, health check (pure)
kept_...        what this machine keeps: layers and images, by what they were made from
load, registry  sends to an engine what it lacks; pushes from there
import_trial    the script's own imports, tried in the image before it counts
inspection      what a built image really holds; `secrets` looks for what must not be in it (pure)
"""
