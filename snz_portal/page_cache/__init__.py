"""The page cache: WSGI middleware in front of Django that answers with finished public pages."""
