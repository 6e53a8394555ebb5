"""A Modbus line by pymodbus on a free TCP port: line.py METER.yaml PUMP.yaml.

Prints its port. Unit 1 holds the first image, unit 2 the second and is slow,
unit 3 refuses whatever it is asked, and all others are silent.
"""
import asyncio
import re
import sys
import time

from pymodbus.datastore import (
    ModbusServerContext,
    ModbusSlaveContext,
    ModbusSparseDataBlock,
)
from pymodbus.framer.socket_framer import ModbusSocketFramer
from pymodbus.server.async_io import ModbusTcpServer

RUN = re.compile(r'table: (\w+), address: (\d+), (?:words|bits): "([^"]*)"')


def image(path):
    tables = {"coil": {}, "discrete": {}, "holding": {}, "input": {}}
    with open(path, encoding="utf-8") as lines:
        for table, address, text in RUN.findall(lines.read()):
            values = [int(w, 16) for w in text.split()]
            if table in ("coil", "discrete"):
                values = [int(b) for b in text]
            for i, value in enumerate(values):
                tables[table][int(address) + i] = value
    return tables


class Unit(ModbusSlaveContext):
    """A unit that answers late."""

    def __init__(self, tables, delay):
        self.delay = delay
        blocks = {k: ModbusSparseDataBlock(v or {65535: 0}) for k, v in tables.items()}
        super().__init__(
            co=blocks["coil"],
            di=blocks["discrete"],
            hr=blocks["holding"],
            ir=blocks["input"],
            zero_mode=True,
        )

    def validate(self, fc_as_hex, address, count=1):
        time.sleep(self.delay)
        return super().validate(fc_as_hex, address, count)


async def main():
    nothing = {"coil": {}, "discrete": {}, "holding": {}, "input": {}}
    units = {
        1: Unit(image(sys.argv[1]), 0),
        2: Unit(image(sys.argv[2]), 0.05),
        3: Unit(nothing, 0),
    }
    server = ModbusTcpServer(
        ModbusServerContext(slaves=units, single=False),
        framer=ModbusSocketFramer,
        address=("127.0.0.1", 0),
        ignore_missing_slaves=True,
    )
    task = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await task


asyncio.run(main())
