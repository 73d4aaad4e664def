"""How everything looks that Standfirst draws: the frame of its pages, and the figures in them."""
