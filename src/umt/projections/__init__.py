"""What can be read: the projection engine and one file per read model."""
