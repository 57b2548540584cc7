"""What the parts of the pipeline must agree on: pure, no I/O, nothing imported from the other parts."""
