"""Numbers as the console's games keep them in a byte."""

from universe.atari.shot import Ram


def read_decimal(ram: Ram, byte: int) -> int:
    """Returns two decimal digits of a byte, a hundred where the first is above nine.

    >>> import numpy as np
    >>> [read_decimal(np.array([number], dtype=np.uint8), 0) for number in (0x07, 0x42, 0xA0)]
    [7, 42, 100]
    """
    return min(100, 10 * (int(ram[byte]) >> 4) + (int(ram[byte]) & 15))


def read_signed(ram: Ram, byte: int) -> int:
    """Returns a byte as a number from -128 to 127.

    >>> import numpy as np
    >>> read_signed(np.array([255], dtype=np.uint8), 0)
    -1
    """
    return int(ram[byte]) - 256 if ram[byte] > 127 else int(ram[byte])
