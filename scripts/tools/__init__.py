"""What all scripts stand on."""
