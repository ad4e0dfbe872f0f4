"""Images: decoding in a separate process, masks and their editing, thumbnails, and perceptual hashes."""
