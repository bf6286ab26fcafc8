"""What changed in the published contract, and whom that breaks."""
