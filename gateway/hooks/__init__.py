"""Hooks: systems outside that are told what happens, in the form of https://www.standardwebhooks.com."""
