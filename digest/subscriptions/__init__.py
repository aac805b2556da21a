"""Readers who asked for mail: their addresses, choices and consent."""
