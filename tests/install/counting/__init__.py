"""stats() and counting(): what is counted, and why what was not fast was not."""
