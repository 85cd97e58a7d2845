"""What holds for all tests: a slow machine is no reason for a property to fail; each test has its own bound in time."""

from hypothesis import settings

settings.register_profile("trunkline", deadline=None)
settings.load_profile("trunkline")
