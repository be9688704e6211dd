"""Seeded simulation of an installation: daemon, IB adapter, gateway and market in one loop."""
