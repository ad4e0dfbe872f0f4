"""How the starter model is made: a picture-book world of scenes, and the training on them."""
