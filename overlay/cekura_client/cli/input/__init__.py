"""What people type: the options that commands share, and how ids, dates and moments are read.

Whatever is wrong with them raises `BadUsageError`, before anything is sent.
"""
