"""What a person types first: each command in a file of its name, with all that it alone does.

A command takes its options, checks them, and runs under `guarded`, which turns whatever comes of
it into an exit code. Those that cost credits make a `Run` and hand it to `cli.sending`.
"""
