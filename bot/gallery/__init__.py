"""The gallery: browsing, filtering and searching the pictures of a server or of one member."""
