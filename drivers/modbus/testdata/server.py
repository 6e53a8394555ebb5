"""A Modbus device by pymodbus on a free TCP port: server.py tcp|rtu+tcp.

Prints its port. Holds unit 7 with the registers that real_test.go expects.
"""
import asyncio
import struct
import sys

from pymodbus.datastore import (
    ModbusSequentialDataBlock,
    ModbusServerContext,
    ModbusSlaveContext,
)
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.framer.socket_framer import ModbusSocketFramer
from pymodbus.server.async_io import ModbusTcpServer


def words(fmt, *values):
    raw = struct.pack(fmt, *values)
    return list(struct.unpack(">%dH" % (len(raw) // 2), raw))


LOW_FIRST = words(">i", -100000)[::-1]
HOLDING = (
    words(">h", -2)
    + words(">f", 230.5)
    + LOW_FIRST
    + words(">Q", 123456789012)
    + words(">d", 3.25)
    + [0b1010, 0xFFFF, 0x1234]
)
COILS = [1, 0, 1, 1, 0, 0, 1, 1, 0, 1]


async def main():
    unit = ModbusSlaveContext(
        hr=ModbusSequentialDataBlock(0x10, HOLDING),
        ir=ModbusSequentialDataBlock(0, [555]),
        co=ModbusSequentialDataBlock(0, COILS),
        di=ModbusSequentialDataBlock(5, [1]),
        zero_mode=True,
    )
    framer = ModbusRtuFramer if sys.argv[1] == "rtu+tcp" else ModbusSocketFramer
    server = ModbusTcpServer(
        ModbusServerContext(slaves={7: unit}, single=False),
        framer=framer,
        address=("127.0.0.1", 0),
        ignore_missing_slaves=True,
    )
    task = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await task


asyncio.run(main())
