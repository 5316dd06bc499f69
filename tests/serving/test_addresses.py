"""An address that cannot be listened on is an error before anything starts."""

import socket

import pytest

from retail_brain.errors import RetailBrainError
from serving.http.launch import check_address


def test_taken_port_and_foreign_address_are_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(RetailBrainError, match=rf"127.0.0.1:{port} cannot be listened on: Address already in use"):
            check_address("127.0.0.1", port)
    check_address("127.0.0.1", port)
    with pytest.raises(RetailBrainError, match=r"192.0.2.1:3999 cannot be listened on"):
        check_address("192.0.2.1", 3999)
