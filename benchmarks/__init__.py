"""Commands that compare us with a peer, and print a table: `./noxw bench NAME`."""
