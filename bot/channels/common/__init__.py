"""What the lines to different networks have in common: waiting, order within a chat, files, clean text, their state."""
