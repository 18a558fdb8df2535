"""One module per paper about one family. A paper always comes out: what is unknown is a line of the form."""
