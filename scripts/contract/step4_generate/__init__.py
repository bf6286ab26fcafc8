"""Generate: from the corrected contract to `generated/`."""
