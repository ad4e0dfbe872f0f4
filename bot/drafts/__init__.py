"""Drafts: a picture with a region to repaint and a prompt, which a member edits before submitting it as a job."""
