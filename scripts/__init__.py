"""What the Makefile calls: one verb a file."""
