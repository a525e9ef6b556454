"""What `kith bench NAME` measures: ours and a peer in one run, as ratios; and checks of the project as a whole.

In: sizes and seeds. Out: rows of figures. May import every package; nothing imports it but the command `kith bench`.
"""
