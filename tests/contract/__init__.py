"""Tests of the contract: its way from the published pages to generated code."""
