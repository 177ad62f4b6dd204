"""Records: what a run leaves behind, and how documents print it."""
