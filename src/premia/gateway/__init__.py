"""The simulated exchange behind the TWS API's text protocol: any IB client can trade on it over TCP."""
