"""Newsletter subscribers: addresses, preferences and proof of consent."""
