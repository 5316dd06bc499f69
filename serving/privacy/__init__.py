"""Privacy: what is known of one person, and erasing them everywhere with a proof."""
