"""One subject a file: parse what was asked, call one action or read, render. Each lists its ROUTES."""
