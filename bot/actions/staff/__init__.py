"""Who works with the bot, how they come in, what they may see, and who is speaking in a chat."""
