"""
Process files: TOML to the parts of a process and back, and the JSON Schema of such a file.

Reading collects every fault with its place; putting the parts together, and judging the whole, is the process's work.
"""
