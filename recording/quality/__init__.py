"""How well calls were handled: score sheets, samples, scores and what agents say of them."""
