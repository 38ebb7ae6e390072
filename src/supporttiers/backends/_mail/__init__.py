"""Mail, for whoever sends or reads it: addresses, headers, and conversations with servers."""
