"""Interactive Brokers, through `ib_async`: its types and habits stay inside this folder."""
