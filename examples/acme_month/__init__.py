"""The parts of the demonstration: the people who play it, and the report at its end."""
