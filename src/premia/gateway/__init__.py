"""The simulated exchange behind the TWS API's text protocol, so that any IB client can trade on it over TCP."""
