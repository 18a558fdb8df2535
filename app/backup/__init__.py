"""The bank as one encrypted file, and a bank made of one again.

`sealing` encrypts a stream, `archive` puts files into it and takes them out, `stores` copies and restores a database,
`picture` counts and hashes what a bank holds, `making` makes a copy and proves it, `restoring` puts one in place.
"""
