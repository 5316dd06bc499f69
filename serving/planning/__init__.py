"""The application: planning of stock, people and demand, replays and profiles. Knows no HTTP and no store."""
