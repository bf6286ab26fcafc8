"""Carries out a run that costs credits: announces it, asks, sends it, waits, and tells the outcome.

Begin with `carrying_out`; `run` is what is to be sent and what it costs, and `question` asks.
`comparing` tells what the run has changed.
"""
