"""Commands that compare us with a peer, and print a table: `./noxw -s bench -- NAME`."""
