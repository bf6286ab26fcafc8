"""What each command does once its options are read: a file for each command, of its name.

Here is what takes long to import; a command imports it when it runs.
"""
