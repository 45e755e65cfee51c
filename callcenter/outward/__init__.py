"""What leaves the house: webhooks, the generic CTI protocol, and addresses that consoles open."""
