"""`cost`: what an instance costs a month, line by line, and where a hosted service would be cheaper."""
