"""Outputs of a report, one module each."""
