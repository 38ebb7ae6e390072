"""Rules as frozen values; one subject a file."""
