"""Jobs: submission, the fair queue, the dispatcher to the engine, delivery of results and their cards."""
