"""The headers inside coded pictures: what a picture really is, whatever its container says.

One module a codec family. Each reads only what must be known before a decoder is let loose: size, sample aspect ratio,
colour, interlacing, and whether the picture stands on its own.
"""
