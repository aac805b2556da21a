"""What mails say: rows of the archive chosen, shortened and written as HTML and as plain text."""
