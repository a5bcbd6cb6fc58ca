"""The pages that people open in a browser. They read tables and call actions; nothing here sends a message."""
