"""What the generated code stands on: copied into it as it is."""
