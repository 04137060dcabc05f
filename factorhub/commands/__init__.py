"""What people read and look at: the text of the command line, its manners, contact sheets. Only `cli` knows it."""
