"""Gateways to vendors."""
