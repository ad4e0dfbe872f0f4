"""Privacy: export and deletion of everything that is stored about a member."""
