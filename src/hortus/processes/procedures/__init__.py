"""Living procedures: how something is done here, in versions, and the runs that follow them."""
