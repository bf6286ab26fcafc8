"""The report, as bytes and as a browser shows it."""
