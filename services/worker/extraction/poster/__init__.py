"""Choice of the poster: measures of pictures, their flaws, their order, and the candidates."""
