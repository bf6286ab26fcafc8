"""What a person types first: each command in a file of its name, with all that it alone does.

A command takes its options, checks them, and runs under `guarded`, which turns whatever comes of
it into an exit code. What it does then is in `cli.tasks`; those that cost credits make a `Run` and
hand it to `cli.sending`. All that is imported when it runs, since a shell that completes a word
imports every command.
"""
