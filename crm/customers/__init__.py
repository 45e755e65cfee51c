"""Who the customers are, what numbers they have, and how they are found."""
