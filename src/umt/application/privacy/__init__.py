"""What people may ask of us about themselves, and what is kept for how long.

::

    erasing    destroying a person's key, and what goes with it
    register   the ports of erasures: where they stand, and the register beside the database
    exporting  all that is known of a person, as one document
    retention  the classes of data that are kept for a time only
"""
