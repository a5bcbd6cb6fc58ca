"""Written by `tortoise makemigrations`, read by a person before it is committed."""
