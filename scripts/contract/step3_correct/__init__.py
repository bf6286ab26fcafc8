"""Correct: apply the corrections and additions of `overlay/` to the merged contract."""
