"""One package or module a network. None of them knows a table; nothing but `bot.app` knows them."""
