"""The way of a contract change, a file or folder for each step."""
