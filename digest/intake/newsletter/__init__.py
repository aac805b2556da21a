"""The newsletter's document -> what it says, field by field. Knows no database."""
