"""The content of emails: archive rows selected, shortened, and rendered as HTML and plain text."""
