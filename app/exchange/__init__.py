"""The exchange workbook: `reader` and `plan` say what a file would do, `apply` does it, `export` writes one."""
