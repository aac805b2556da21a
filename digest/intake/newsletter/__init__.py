"""Imports a newsletter: `parser` reads text into a `Document` without the database, `importing` writes it as rows."""
