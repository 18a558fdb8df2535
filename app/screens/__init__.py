"""Pages that are not a list or a form of one entity."""
