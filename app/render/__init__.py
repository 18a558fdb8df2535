"""A Table becomes a file or a page; nothing here knows of families."""
