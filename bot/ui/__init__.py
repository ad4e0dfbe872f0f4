"""Parts of Discord messages that several features use: cards, persistent items, modals, access checks, errors."""
