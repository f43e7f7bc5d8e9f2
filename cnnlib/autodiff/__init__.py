"""Other ways to organise the backward pass: closures, a tape, and a graph of scalars to step through."""
