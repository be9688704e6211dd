"""What a portfolio requires: Reg T rules, their change by a trade, and quick stress figures."""
