"""Texts that `pitfalls diagnose` is measured on."""
