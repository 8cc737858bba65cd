"""What the image keelson/jupyter starts: JupyterLab below $NB_PREFIX, with a place of its own for what people install."""
