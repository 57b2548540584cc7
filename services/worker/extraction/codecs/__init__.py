"""Headers inside coded pictures: size, aspect ratio, colour, interlacing, references.

One module for each codec family. Each reads only what must be known before a decoder is opened.
"""
