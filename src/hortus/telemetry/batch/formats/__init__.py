"""One module a format: each turns a chunk of its text into raw text columns; meaning is given in `canonical`."""
