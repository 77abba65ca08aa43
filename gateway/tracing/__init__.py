"""Traces of what becomes of an event, for whoever collects them with OpenTelemetry; off unless asked for."""
