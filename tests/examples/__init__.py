"""Each program of examples/, run as its reader would run it, against servers on this machine."""
