"""Creating pictures: /imagine, /blend, /describe, /shorten, the actions under results, and /show, /info and /help."""
