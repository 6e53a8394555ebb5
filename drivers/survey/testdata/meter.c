/* A meter by libmodbus on a serial line: meter DEVICE. Prints "ready". Unit 7
 * holds the ten input registers of a PZEM-016; it is silent to others. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
	modbus_t *line = modbus_new_rtu(argc > 1 ? argv[1] : "", 9600, 'N', 8, 1);
	modbus_mapping_t *map = modbus_mapping_new_start_address(0, 0, 0, 0, 0, 0, 0, 10);
	static const uint16_t input[10] = {0x090A, 0x3034, 0, 0x6D60, 0, 0x47A6, 0, 0x01F4, 0x0062, 0};
	uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];

	if (line == NULL || map == NULL || modbus_set_slave(line, 7) || modbus_connect(line)) {
		fprintf(stderr, "libmodbus meter: %s\n", modbus_strerror(errno));
		return 1;
	}
	memcpy(map->tab_input_registers, input, sizeof input);
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
