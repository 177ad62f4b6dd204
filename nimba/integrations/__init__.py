"""NIMBA inside other libraries: a module for each, imported by those who want it."""
