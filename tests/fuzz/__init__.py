"""Random answers of a server, and the command that runs all fuzz targets of the project."""
