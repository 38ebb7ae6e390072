"""
Pictures: of a process, of its ladder of time limits, and of what became of a case.

They are made of tiers, moves, limits and events, and need no other program: Mermaid text, SVG, a page of HTML, and a
drawing for the terminal. Texts that people wrote are in none of them.
"""

from supporttiers.diagrams.timeline import CaseTimeline, Lane, Mark, Span

__all__ = ["CaseTimeline", "Lane", "Mark", "Span"]
