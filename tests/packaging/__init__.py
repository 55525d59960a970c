"""What users install: the sdist, the wheels, and the steps of a release."""
