"""Identity resolution: one person id across cards, phones, devices and openids."""
