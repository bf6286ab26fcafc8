"""Import: from what the vendor publishes to fragments, one covered operation each."""
