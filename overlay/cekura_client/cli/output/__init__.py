"""What people and programs see: results on standard output, everything else on standard error.

Begin with `results`, which picks a format. `records` tells what is written of a call, `formats`
writes it for programs and `tables` for people; `progress` is the bar, `words` says errors in the
words of the shell, and `terminal` knows what may be shown and asked. Imports nothing of the
commands.
"""
