"""The codebook: what it holds, how it is read and checked, and what is made of it."""
