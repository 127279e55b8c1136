"""What must last: conversations, costs, budgets. All SQL is in this room."""
