"""Stock in Amazon's fulfilment network."""
