"""The roster as a table: read from a sheet, checked, merged, written, and given back."""
