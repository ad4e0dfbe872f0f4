"""Consent: permission of the makers of pictures for others to make new pictures from theirs."""
