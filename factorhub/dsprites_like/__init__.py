"""Pictures of shapes and scenes, one file a generator."""
