"""The page store: finished public pages in front of Django. `store` is its door."""
