"""Discord as a platform, for no single feature: permissions and audiences, languages, command sync, and error codes."""
