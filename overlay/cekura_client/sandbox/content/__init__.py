"""What a sandbox holds, the same every time: agents, metrics, calls, and what each comes to.

Begin with `seed`. Imports nothing of the other folders.
"""
