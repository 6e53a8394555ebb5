/* A Modbus RTU device by libmodbus on a serial line: server DEVICE.
 * Prints "ready". Holds unit 7 with the registers that real_test.go expects. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
	modbus_t *line = modbus_new_rtu(argc > 1 ? argv[1] : "", 115200, 'N', 8, 1);
	/* coils 0..9, discrete input 5, holding 0x10..0x1F, input 0 */
	modbus_mapping_t *map = modbus_mapping_new_start_address(0, 10, 5, 1, 0x10, 16, 0, 1);
	static const uint8_t coils[10] = {1, 0, 1, 1, 0, 0, 1, 1, 0, 1};
	/* -2; 230.5f; -100000 low word first; 123456789012; 3.25; bits; none; 1234 as BCD */
	static const uint16_t holding[16] = {0xFFFE, 0x4366, 0x8000, 0x7960, 0xFFFE, 0x0000, 0x001C, 0xBE99,
	                                     0x1A14, 0x400A, 0x0000, 0x0000, 0x0000, 0x000A, 0xFFFF, 0x1234};
	uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];

	if (line == NULL || map == NULL || modbus_set_slave(line, 7) || modbus_connect(line)) {
		fprintf(stderr, "libmodbus server: %s\n", modbus_strerror(errno));
		return 1;
	}
	memcpy(map->tab_bits, coils, sizeof coils);
	memcpy(map->tab_registers, holding, sizeof holding);
	map->tab_input_bits[0] = 1;
	map->tab_input_registers[0] = 555;
	modbus_set_byte_timeout(line, 0, 20000); /* the machine may be busy */
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = modbus_receive(line, query);
		if (n > 0)
			modbus_reply(line, query, n, map);
		else if (n < 0 && (errno == EIO || errno == EBADF || errno == ECONNRESET))
			return 0;
		else if (n < 0)
			modbus_flush(line); /* a broken request: begin anew with the next one */
	}
}
