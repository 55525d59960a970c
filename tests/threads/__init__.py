"""Objects shared by threads: no crash, no byte twice, the GIL stays off where it is off."""
