"""The HTTP side: who may ask what, how it is asked, and one shape for every error."""
