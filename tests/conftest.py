"""Settings that hold for every test."""

import os

from hypothesis import HealthCheck, settings

# The default profile tries the same examples on every run, so that a red build is red on every machine;
# HYPOTHESIS_PROFILE=explore draws new ones. No deadline, because several processes share the machine.
settings.register_profile("default", deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "explore", deadline=None, max_examples=1_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
