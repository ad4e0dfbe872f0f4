"""Statistics: the number of pictures and members of a server or of one member by day."""
