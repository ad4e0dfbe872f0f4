"""Basics that every feature uses: errors, translations, time, text, logs, metrics and audiences; no Discord, no SQL."""
