"""What the routes take. Unknown fields, NaN and infinity are refused; messages never repeat the values sent."""
