"""Issues to inboxes: the frozen mail, the outbox, the sender, and what comes back."""
