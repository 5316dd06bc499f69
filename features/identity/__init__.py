"""One id per person across cards, phones, devices and openids."""
