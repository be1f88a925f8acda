"""Settings of all tests."""

from hypothesis import settings

settings.register_profile("shipway", deadline=None)  # a busy machine is no fault of what is tested
settings.load_profile("shipway")
