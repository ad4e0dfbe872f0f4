"""The web server: health and metrics, and the page on which members paint regions."""
